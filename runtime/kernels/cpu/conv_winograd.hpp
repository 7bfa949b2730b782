// Convolution 3x3 with stride 1 by Winograd's F(4x4, 3x3): a quarter of the multiplications.
//
// A strip of a few tiles of 4x4 outputs goes through three steps: transformed inputs [36][C][tile],
// for each of the 36 frequencies a product with the transformed weights [K][C], and the products'
// transformation into outputs. Lanes are images, so no step shuffles anything, and a strip stays in
// the second-level cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "kernels/cpu/activation_function.hpp"
#include "kernels/cpu/conv_weights.hpp"
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
  constexpr std::size_t kCache = 448 * 1024;
  return int(std::clamp<std::size_t>(kCache / (std::size_t(pixels) * kLanes * sizeof(T)), 1,
                                     std::size_t(most)));
}

/// From one frequency's pixels to the next one's: odd, so that they start in different cache sets.
constexpr std::size_t frequency_stride(int pixels) { return (std::size_t(pixels) | 1) * kLanes; }

/// Sizes and memory of Winograd's algorithm for convolution S.
template <ConvShape S, class T>
struct WinogradStrip : WinogradTiles<S> {
  using Tiles = WinogradTiles<S>;
  using Tiles::kFrequencies, Tiles::kTiles;
  /// Output channels whose products are in memory at a time.
  static constexpr int kTogether = std::min(4 * kTileChannels, S.out_channels);
  static constexpr int kStrip =
      strip_tiles<T>(kFrequencies * (S.in_channels + kTogether), std::min(4, kTiles));
  static constexpr std::size_t kChannelStride = std::size_t(kStrip) * kLanes;
  static constexpr std::size_t kInStride = frequency_stride(S.in_channels * kStrip);
  static constexpr std::size_t kOutStride = frequency_stride(kTogether * kStrip);
  /// Prepared weights of a frequency.
  static constexpr std::size_t kWeightStride = std::size_t(winograd_padded(S) * S.in_channels);

  alignas(64) T in[kFrequencies * kInStride];    ///< [frequency][channel][tile][16]
  alignas(64) T out[kFrequencies * kOutStride];  ///< [frequency][output channel][tile][16]
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

/// All channels of `count` tiles from `first`.
template <ConvShape S, class T>
void winograd_inputs(const T* x, int first, int count, T* to) {
  using Strip = WinogradStrip<S, T>;
  for (int c = 0; c < S.in_channels; ++c) {
    Strip::by_rows(first, count, [&](int tile, int tiles) {
      winograd_input<S>(x + pixel_offset(Strip::kInput, c, 0, 0), tile, tiles,
                        to + std::size_t(c) * Strip::kChannelStride + (tile - first) * kLanes);
    });
  }
}

/// One frequency's products for Channels output channels and Columns vectors of tiles.
template <ConvShape S, int Channels, int Columns, class T>
[[gnu::always_inline]] inline void winograd_tile(const T* weight, const T* in, T* out) {
  constexpr std::size_t kStride = WinogradStrip<S, T>::kChannelStride;
  Vec<T> sums[Channels][Columns] = {};
  for (int c = 0; c < S.in_channels; ++c) {
    Vec<T> value[Columns];
#pragma GCC unroll 32
    for (int p = 0; p < Columns; ++p) {
      value[p] = load(in + p * kWidth<T>);
      hold<T>(value[p]);
    }
#pragma GCC unroll 8
    for (int o = 0; o < Channels; ++o) {
      const Vec<T> factor = splat(weight[o]);
#pragma GCC unroll 32
      for (int p = 0; p < Columns; ++p) sums[o][p] += factor * value[p];
    }
    in += kStride;
    weight += winograd_padded(S);
  }
#pragma GCC unroll 8
  for (int o = 0; o < Channels; ++o) {
#pragma GCC unroll 32
    for (int p = 0; p < Columns; ++p) {
      store(out + std::size_t(o) * kStride + std::size_t(p) * kWidth<T>, sums[o][p]);
    }
  }
}

/// One frequency's products for Channels output channels and all tiles of a strip.
template <ConvShape S, int Channels, class T>
[[gnu::noinline]] void winograd_channels(const T* weight, const T* in, T* out) {
  constexpr RowSplit kSplit = split_row(WinogradStrip<S, T>::kStrip * kParts<T>, Channels);
  for (int i = 0; i < kSplit.many; ++i) {
    winograd_tile<S, Channels, kSplit.wide>(weight, in, out);
    in += kSplit.wide * kWidth<T>;
    out += kSplit.wide * kWidth<T>;
  }
  if constexpr (kSplit.few > 0 && kSplit.narrow > 0) {
    for (int i = 0; i < kSplit.few; ++i) {
      winograd_tile<S, Channels, kSplit.narrow>(weight, in, out);
      in += kSplit.narrow * kWidth<T>;
      out += kSplit.narrow * kWidth<T>;
    }
  }
}

/// The products of output channels [first, last).
template <ConvShape S, class T>
void winograd_products(WinogradStrip<S, T>& strip, const T* weight, int first, int last) {
  using Strip = WinogradStrip<S, T>;
  constexpr int kTail = S.out_channels % kTileChannels;
  for (int f = 0; f < Strip::kFrequencies; ++f) {
    const T* in = strip.in + std::size_t(f) * Strip::kInStride;
    T* out = strip.out + std::size_t(f) * Strip::kOutStride;
    const T* factors = weight + std::size_t(f) * Strip::kWeightStride + first;
    int k = first;
    for (; k + kTileChannels <= last; k += kTileChannels) {
      winograd_channels<S, kTileChannels>(factors, in, out);
      factors += kTileChannels;
      out += kTileChannels * Strip::kChannelStride;
    }
    if constexpr (kTail != 0) {
      if (k < last) winograd_channels<S, kTail>(factors, in, out);
    }
  }
}

/// A^T m A of one tile of one output channel, plus bias, into the pixels that the image has.
template <ConvShape S, class T>
[[gnu::always_inline]] inline void winograd_output(const T* products, T bias, int high, int wide,
                                                   T* y) {
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
      if (x < wide) store(y + (r * S.out_width() + x) * kLanes, value);
    }
  }
}

/// Outputs of channel `out`, tiles [first, first + count), from its products.
template <ConvShape S, class T>
[[gnu::noinline]] void winograd_outputs(const T* products, T bias, int out, int first, int count,
                                        T* y) {
  using Strip = WinogradStrip<S, T>;
  constexpr int kStep = winograd::kOutputs;
  for (int tile = first; tile < first + count; ++tile) {
    const int row = tile / Strip::kTileColumns * kStep;
    const int column = tile % Strip::kTileColumns * kStep;
    const int high = std::min(kStep, S.out_height() - row);
    // A constant where all tiles are whole.
    const int wide = S.out_width() % kStep == 0 ? kStep : std::min(kStep, S.out_width() - column);
    T* to = y + pixel_offset(Strip::kOutput, out, row, column);
    for (int part = 0; part < kParts<T>; ++part) {
      winograd_output<S>(products + part * kWidth<T>, bias, high, wide, to + part * kWidth<T>);
    }
    products += kLanes;
  }
}

}  // namespace detail

/// conv_forward where uses_winograd(S).
template <ConvShape S, class T>
void winograd_forward(const T* x, const T* prepared, const T* bias, T* y) {
  using Strip = detail::WinogradStrip<S, T>;
  Strip strip;
  // The last strip may have fewer tiles, and multiplies what it finds beside them.
  if constexpr (Strip::kTiles % Strip::kStrip != 0)
    std::fill_n(strip.in, std::size(strip.in), T(0));
  for (int tile = 0; tile < Strip::kTiles; tile += Strip::kStrip) {
    const int count = std::min(Strip::kStrip, Strip::kTiles - tile);
    detail::winograd_inputs<S>(x, tile, count, strip.in);
    for (int first = 0; first < S.out_channels; first += Strip::kTogether) {
      const int last = std::min(first + Strip::kTogether, S.out_channels);
      detail::winograd_products<S>(strip, prepared, first, last);
      for (int k = first; k < last; ++k) {
        detail::winograd_outputs<S>(strip.out + std::size_t(k - first) * Strip::kChannelStride,
                                    bias == nullptr ? T(0) : bias[k], k, tile, count, y);
      }
    }
  }
}

}  // namespace castnet::cpu
