// Convolution 3x3 with stride 1 by Winograd's F(4x4, 3x3): a quarter of the multiplications.
//
// A strip of a few tiles of 4x4 outputs goes through three steps: transformed inputs [36][C][tile],
// for each of the 36 frequencies a product with the transformed weights [K][C], and the products'
// transformation into outputs. Lanes are images, so no step shuffles anything, and a strip stays in
// the second-level cache.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cpu/activation_function.hpp"
#include "kernels/cpu/conv_measure.hpp"
#include "kernels/cpu/conv_weights.hpp"
#include "kernels/cpu/interleaved.hpp"
#include "kernels/cpu/layout.hpp"

namespace castnet::cpu {

namespace detail {

/// The tiles of convolution S.
template <ConvShape S>
struct WinogradTiles {
  static constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  static constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
  static constexpr int kFrequencies = winograd::kFrequencies;
  static constexpr int kTileColumns = divide_up(S.out_width(), winograd::kOutputs);
  static constexpr int kTiles = winograd_tiles(S);

  /// Calls `run(tile, count)` for the parts of tiles [first, first + count) that share a row.
  template <class Run>
  static void by_rows(int first, int count, const Run& run) {
    for (int tile = first; tile < first + count;) {
      const int same_row = std::min(first + count - tile, kTileColumns - tile % kTileColumns);
      run(tile, same_row);
      tile += same_row;
    }
  }
};

/// Tiles of a strip, each of `pixels` x kLanes numbers T: what fits in a small second-level cache,
/// from 1 to `most`.
template <class T>
constexpr int strip_tiles(int pixels, int most) {
  return int(std::clamp<std::size_t>(kStripBytes / (std::size_t(pixels) * kLanes * sizeof(T)), 1,
                                     std::size_t(most)));
}

/// From one frequency's pixels to the next one's: odd, so that they start in different cache sets.
constexpr std::size_t frequency_stride(int pixels) { return (std::size_t(pixels) | 1) * kLanes; }

/// Calls part(size<N>, first) for `All` things in as few nearly equal parts of at most Most as can
/// be; N is known when compiled.
template <int All, int Most, class Part>
[[gnu::always_inline]] inline void each_nearly_equal_part(const Part& part) {
  constexpr int kParts = divide_up(All, Most), kSize = All / kParts, kWide = All % kParts;
  for (int i = 0; i < kWide; ++i) part.template operator()<kSize + 1>(i * (kSize + 1));
  for (int i = kWide; i < kParts; ++i) part.template operator()<kSize>(i * kSize + kWide);
}

/// Where a convolution's outputs go: into the whole image.
template <Extent Image, class T>
struct WholeImage {
  T* y;

  T* at(int channel, int row, int column) const {
    return y + pixel_offset(Image, channel, row, column);
  }
  /// All channels' rows [first, last) of outputs are complete.
  void finish(int /*first*/, int /*last*/) const {}
};

/// Sizes of Winograd's algorithm for convolution S, and its memory in a workspace.
template <ConvShape S, class T>
struct WinogradStrip : WinogradTiles<S> {
  using Tiles = WinogradTiles<S>;
  using Tiles::kFrequencies, Tiles::kTileColumns;
  /// Tiles of a strip, side by side: two vectors of each number, if there are so many tiles.
  static constexpr int kStrip = kParts<T> > 1 ? 1 : std::min(2, kTileColumns);
  static constexpr int kStripsOfRow = divide_up(kTileColumns, kStrip);
  static constexpr int kStrips = Tiles::kTiles / kTileColumns * kStripsOfRow;
  /// Output channels of a register tile, at most.
  static constexpr int kVectors = kStrip * kParts<T>;
  static constexpr int kOutputs = std::max((kVectorRegisters - kVectors - 2) / kVectors, 1);
  static constexpr std::size_t kChannelStride = std::size_t(kStrip) * kLanes;
  static constexpr std::size_t kInStride = frequency_stride(S.in_channels * kStrip);
  static constexpr std::size_t kOutStride = frequency_stride(S.out_channels * kStrip);
  /// Packed weights of a frequency.
  static constexpr std::size_t kWeightStride = std::size_t(winograd_padded(S) * S.in_channels);

  /// The first tile of a strip, and how many it has.
  static constexpr int first(int strip) {
    return strip / kStripsOfRow * kTileColumns + strip % kStripsOfRow * kStrip;
  }
  static constexpr int count(int strip) {
    return std::min(kStrip, kTileColumns - strip % kStripsOfRow * kStrip);
  }
  static constexpr bool ends_row(int strip) { return (strip + 1) % kStripsOfRow == 0; }

  static constexpr std::size_t kIn = kFrequencies * kInStride, kOut = kFrequencies * kOutStride;
  static constexpr std::size_t kElements = 2 * (kIn + kOut);

  T* memory;

  // Of two strips in turn: while one is multiplied, the next is read and the last one written.
  /// [frequency][channel][tile][16]
  T* in(int strip) const { return memory + std::size_t(strip % 2) * kIn; }
  /// [frequency][output channel][tile][16]
  T* out(int strip) const { return memory + 2 * kIn + std::size_t(strip % 2) * kOut; }
};

/// The rows of one channel that a row of tiles reads; zeros beyond the image.
template <class Transform, Extent Image, class T>
struct WinogradRows {
  const T* row[Transform::kFrom];

  WinogradRows(const T* channel, int top) {
    static constexpr T kZeros[std::size_t(Image.width) * kLanes] = {};
    for (int y = 0; y < Transform::kFrom; ++y) {
      const bool inside = top + y >= 0 && top + y < Image.height;
      row[y] = inside ? channel + pixel_offset(Image, 0, top + y, 0) : kZeros;
    }
  }

  /// The six frequencies of column `x`, `part` of the lanes.
  [[gnu::always_inline]] void transform(int x, int part, Vec<T>* v) const {
    Vec<T> pixel[Transform::kFrom] = {};
    if (x >= 0 && x < Image.width) {
#pragma GCC unroll 8
      for (int y = 0; y < Transform::kFrom; ++y) {
        pixel[y] = load(row[y] + x * kLanes + part * kWidth<T>);
      }
    }
    Transform::template apply<T>(pixel, v);
  }
};

/// B^T d B of one channel's tiles [first, first + count), all in one row of tiles.
template <ConvShape S, class T>
[[gnu::noinline]] void winograd_input(const T* channel, int first, int count, T* to) {
  using Strip = WinogradStrip<S, T>;
  constexpr int kSide = winograd::kInputs, kStep = winograd::kOutputs;
  constexpr int kOverlap = kSide - kStep;
  alignas(64) T columns[Strip::kStrip * kStep + kOverlap][kSide][kWidth<T>];
  const WinogradRows<winograd::InputTransform, Strip::kInput, T> rows(
      channel, first / Strip::kTileColumns * kStep - S.padding);
  const int left = first % Strip::kTileColumns * kStep - S.padding;
  for (int part = 0; part < kParts<T>; ++part) {
    for (int x = 0; x < count * kStep + kOverlap; ++x) {
      Vec<T> column[kSide];
      rows.transform(left + x, part, column);
#pragma GCC unroll 8
      for (int y = 0; y < kSide; ++y) store(columns[x][y], column[y]);
    }
    for (int tile = 0; tile < count; ++tile) {
      T* out = to + tile * kLanes + part * kWidth<T>;
      for (int y = 0; y < kSide; ++y) {
        Vec<T> row[kSide], frequency[kSide];
#pragma GCC unroll 8
        for (int x = 0; x < kSide; ++x) row[x] = load(columns[tile * kStep + x][y]);
        winograd::InputTransform::apply<T>(row, frequency);
#pragma GCC unroll 8
        for (int x = 0; x < kSide; ++x, out += Strip::kInStride) store(out, frequency[x]);
      }
    }
  }
}

/// One frequency's products for Channels output channels and all tiles of a strip.
template <ConvShape S, int Channels, class T>
[[gnu::noinline]] void winograd_channels(const T* weight, const T* in, T* out) {
  using Strip = WinogradStrip<S, T>;
  Vec<T> sums[Channels][Strip::kVectors] = {};
  for (int c = 0; c < S.in_channels; ++c) {
    Vec<T> value[Strip::kVectors];
#pragma GCC unroll 8
    for (int p = 0; p < Strip::kVectors; ++p) {
      value[p] = load(in + p * kWidth<T>);
      hold<T>(value[p]);
    }
#pragma GCC unroll 32
    for (int o = 0; o < Channels; ++o) {
      const Vec<T> factor = splat(weight[o]);
#pragma GCC unroll 8
      for (int p = 0; p < Strip::kVectors; ++p) sums[o][p] += factor * value[p];
    }
    in += Strip::kChannelStride;
    weight += winograd_padded(S);
  }
#pragma GCC unroll 32
  for (int o = 0; o < Channels; ++o) {
#pragma GCC unroll 8
    for (int p = 0; p < Strip::kVectors; ++p) {
      store(out + std::size_t(o) * Strip::kChannelStride + std::size_t(p) * kWidth<T>, sums[o][p]);
    }
  }
}

/// A^T m A of one tile of one output channel, plus bias, into the pixels that the image has. Calls
/// take(value) for each.
template <ConvShape S, class T, class Take>
[[gnu::always_inline]] inline void winograd_output(const T* products, T bias, int high, int wide,
                                                   T* y, const Take& take) {
  constexpr int kSide = winograd::kInputs, kStep = winograd::kOutputs;
  constexpr std::size_t kStride = WinogradStrip<S, T>::kOutStride;
  Vec<T> rows[kStep][kSide];
#pragma GCC unroll 8
  for (int x = 0; x < kSide; ++x) {
    Vec<T> column[kSide], sums[kStep];
#pragma GCC unroll 8
    for (int f = 0; f < kSide; ++f) {
      column[f] = load(products + std::size_t(f * kSide + x) * kStride);
    }
    winograd::transform_output<T>(column, sums);
#pragma GCC unroll 8
    for (int r = 0; r < kStep; ++r) rows[r][x] = sums[r];
  }
  for (int r = 0; r < high; ++r) {
    Vec<T> pixel[kStep];
    winograd::transform_output<T>(rows[r], pixel);
#pragma GCC unroll 8
    for (int x = 0; x < kStep; ++x) {
      const Vec<T> value = activate<S.act>(pixel[x] + splat(bias), T(S.slope));
      if (x < wide) {
        store(y + (r * S.out_width() + x) * kLanes, value);
        take(value);
      }
    }
  }
}

/// Outputs of channel `out`, tiles [first, first + count) side by side, from its products.
template <ConvShape S, class T, class Target, class Measure>
[[gnu::noinline]] void winograd_outputs(const T* products, T bias, int out, int first, int count,
                                        const Target& target, const Measure& measure) {
  using Strip = WinogradStrip<S, T>;
  constexpr int kStep = winograd::kOutputs;
  const int row = first / Strip::kTileColumns * kStep;
  const int high = std::min(kStep, S.out_height() - row);
  for (int i = 0; i < count; ++i, products += kLanes) {
    const int column = (first % Strip::kTileColumns + i) * kStep;
    const int wide = std::min(kStep, S.out_width() - column);
    T* to = target.at(out, row, column);
    for (int part = 0; part < kParts<T>; ++part) {
      const T* from = products + part * kWidth<T>;
      if constexpr (Measure::kMeasures) {
        if (first + i == 0) {  // twice, as its first pixel has to be known
          winograd_output<S>(from, bias, high, wide, to + part * kWidth<T>, [](Vec<T>) {});
          measure.sums.keep(out, part, ShiftedSums<T>::about(load(to + part * kWidth<T>)));
        }
        ShiftedSums<T> sums = measure.sums.of(out, part);
        winograd_output<S>(from, bias, high, wide, to + part * kWidth<T>,
                           [&](Vec<T> value) { sums.take(value); });
        measure.sums.keep(out, part, sums);
      } else {
        winograd_output<S>(from, bias, high, wide, to + part * kWidth<T>, [](Vec<T>) {});
      }
    }
  }
}

/// conv_forward into `target` where uses_winograd(S), in a workspace of WinogradStrip's kElements.
template <ConvShape S, class T, class Target, class Measure>
void winograd_forward(const T* x, const T* packed, const T* bias, const Target& target,
                      T* workspace, const Measure& measure) {
  using Strip = WinogradStrip<S, T>;
  const Strip work{{}, workspace};
  // A strip with fewer tiles multiplies what it finds beside them.
  if constexpr (Strip::kTileColumns % Strip::kStrip != 0) {
    std::fill_n(work.in(0), 2 * Strip::kIn, T(0));
  }
  const auto read = [&](int strip, int c) {
    winograd_input<S>(x + pixel_offset(Strip::kInput, c, 0, 0), Strip::first(strip),
                      Strip::count(strip), work.in(strip) + std::size_t(c) * Strip::kChannelStride);
  };
  const auto write = [&](int strip, int k) {
    winograd_outputs<S>(work.out(strip) + std::size_t(k) * Strip::kChannelStride,
                        bias == nullptr ? T(0) : bias[k], k, Strip::first(strip),
                        Strip::count(strip), target, measure);
  };
  const auto written = [&](int strip) {
    if (!Strip::ends_row(strip)) return;
    const int row = strip / Strip::kStripsOfRow * winograd::kOutputs;
    target.finish(row, std::min(row + winograd::kOutputs, S.out_height()));
  };
  constexpr int kUnits = S.out_channels + S.in_channels;
  constexpr int kProducts = Strip::kFrequencies * divide_up(S.out_channels, Strip::kOutputs);
  for (int c = 0; c < S.in_channels; ++c) read(0, c);
  for (int strip = 0; strip < Strip::kStrips; ++strip) {
    Interleaved<kUnits, kProducts> between;
    for (int f = 0; f < Strip::kFrequencies; ++f) {
      const T* in = work.in(strip) + std::size_t(f) * Strip::kInStride;
      T* out = work.out(strip) + std::size_t(f) * Strip::kOutStride;
      const T* weight = packed + std::size_t(f) * Strip::kWeightStride;
      each_nearly_equal_part<S.out_channels, Strip::kOutputs>([&]<int Channels>(int first) {
        winograd_channels<S, Channels>(weight + first, in,
                                       out + std::size_t(first) * Strip::kChannelStride);
        between.next([&](int unit) {
          if (unit < S.out_channels) {
            if (strip > 0) write(strip - 1, unit);
          } else if (strip + 1 < Strip::kStrips) {
            read(strip + 1, unit - S.out_channels);
          }
        });
      });
    }
    if (strip > 0) written(strip - 1);
  }
  for (int k = 0; k < S.out_channels; ++k) write(Strip::kStrips - 1, k);
  written(Strip::kStrips - 1);
}

}  // namespace detail

}  // namespace castnet::cpu
