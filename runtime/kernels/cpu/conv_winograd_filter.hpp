// Gradient of the weights of a convolution 3x3 with stride 1, Winograd's F(4x4, 3x3) backwards: a
// quarter of the multiplications. For each frequency, [K][C] sums over tiles and images of
// transformed gradients times transformed inputs; at the end 36 sums become 9 weights.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "kernels/cpu/conv_winograd.hpp"

namespace castnet::cpu {

namespace detail {

/// Sizes, and memory in a workspace: twelve of the 36 frequencies of a strip of tiles at a time, so
/// that a strip is long and sums over lanes are few; the sums of all frequencies.
template <ConvShape S, class T>
struct WinogradFilter : WinogradTiles<S> {
  using Tiles = WinogradTiles<S>;
  using Tiles::kFrequencies, Tiles::kTiles;
  static constexpr int kSide = winograd::kInputs;
  static constexpr int kTogether = winograd::kTogether;
  /// Output channels, filled up to whole register tiles.
  static constexpr int kPadded = divide_up(S.out_channels, kFilterOutputs) * kFilterOutputs;
  /// Register tiles of input channels, and what the largest has.
  static constexpr int kInputTiles = divide_up(S.in_channels, kFilterInputs);
  static constexpr int kInputs = divide_up(S.in_channels, kInputTiles);
  static constexpr int kStrip =
      strip_tiles<T>(kTogether * (S.in_channels + kPadded), std::min(winograd::kMostTiles, kTiles));
  static constexpr std::size_t kChannelStride = std::size_t(kStrip) * kLanes;
  static constexpr std::size_t kInStride = frequency_stride(S.in_channels * kStrip);
  static constexpr std::size_t kGradientStride = frequency_stride(kPadded * kStrip);
  /// Sums of a register tile, filled up to whole vectors.
  static constexpr int kTileSums = divide_up(kInputs * kFilterOutputs, kWidth<T>) * kWidth<T>;
  /// Sums of a frequency.
  static constexpr std::size_t kSums =
      std::size_t(kInputTiles * (kPadded / kFilterOutputs)) * kTileSums;

  static constexpr std::size_t kIn = kTogether * kInStride;
  static constexpr std::size_t kGradient = kTogether * kGradientStride;
  static constexpr std::size_t kElements = kIn + kGradient + kFrequencies * kSums;

  T* memory;

  T* in() const { return memory; }              ///< [frequency][channel][tile][16]
  T* gradient() const { return memory + kIn; }  ///< [frequency][output channel][tile][16]
  /// [frequency][tile of output channels][of channels][kTileSums]
  T* sums() const { return memory + kIn + kGradient; }
};

/// Pairs of rows of frequencies that are computed together, as they have most inputs in common.
inline constexpr int kRowPairs[winograd::kInputs / 2][2] = {{1, 2}, {3, 4}, {0, 5}};

/// Frequencies of the two rows of a Pair of one channel's tiles [first, first + count), all in one
/// row of tiles, Stride apart. The first tile's first pixel is (-Padding, -Padding).
template <class Transform, int Pair, Extent Image, int Padding, int TileColumns, std::size_t Stride,
          class T>
[[gnu::noinline]] void winograd_rows(const T* channel, int first, int count, T* to) {
  constexpr int kStep = winograd::kOutputs, kFrom = Transform::kFrom, kSide = winograd::kInputs;
  const WinogradRows<Transform, Image, T> rows(channel, first / TileColumns * kStep - Padding);
  const int left = first % TileColumns * kStep - Padding;
  for (int part = 0; part < kParts<T>; ++part) {
    Vec<T> row[2][kFrom];
    const auto read = [&](int i, int x) {
      Vec<T> all[kSide];
      rows.transform(x, part, all);
      for (int r = 0; r < 2; ++r) row[r][i] = all[kRowPairs[Pair][r]];
    };
    for (int i = 0; i < kFrom - kStep; ++i) read(kStep + i, left + i);
    T* out = to + part * kWidth<T>;
    for (int tile = 0; tile < count; ++tile, out += kLanes) {
#pragma GCC unroll 8
      for (int i = 0; i < kFrom - kStep; ++i) {
        for (int r = 0; r < 2; ++r) row[r][i] = row[r][kStep + i];
      }
#pragma GCC unroll 8
      for (int i = kFrom - kStep; i < kFrom; ++i) read(i, left + tile * kStep + i);
#pragma GCC unroll 2
      for (int r = 0; r < 2; ++r) {
        Vec<T> frequency[kSide];
        Transform::template apply<T>(row[r], frequency);
#pragma GCC unroll 8
        for (int i = 0; i < kSide; ++i) {
          store(out + std::size_t(r * kSide + i) * Stride, frequency[i]);
        }
      }
    }
  }
}

/// Transforms of all channels of a strip, two rows of frequencies.
template <ConvShape S, int Pair, class T>
void winograd_filter_transforms(const T* x, const T* dy, int first, int count,
                                const WinogradFilter<S, T>& work) {
  using Work = WinogradFilter<S, T>;
  Work::by_rows(first, count, [&](int tile, int tiles) {
    T* in = work.in() + (tile - first) * kLanes;
    for (int c = 0; c < S.in_channels; ++c) {
      winograd_rows<winograd::InputTransform, Pair, Work::kInput, S.padding, Work::kTileColumns,
                    Work::kInStride>(x + pixel_offset(Work::kInput, c, 0, 0), tile, tiles, in);
      in += Work::kChannelStride;
    }
    T* gradient = work.gradient() + (tile - first) * kLanes;
    for (int k = 0; k < S.out_channels; ++k) {
      winograd_rows<winograd::GradientTransform, Pair, Work::kOutput, 0, Work::kTileColumns,
                    Work::kGradientStride>(dy + pixel_offset(Work::kOutput, k, 0, 0), tile, tiles,
                                           gradient);
      gradient += Work::kChannelStride;
    }
  });
}

/// What multiply_channels computes becomes the sums of a register tile, or with `add` is added.
template <ConvShape S, int Inputs, class T>
[[gnu::noinline]] void winograd_filter_tile(const T* gradient, const T* in, int vectors, bool add,
                                            T* to) {
  using Work = WinogradFilter<S, T>;
  constexpr int kCount = kFilterOutputs * Inputs;
  Vec<T> products[kCount];
  multiply_channels<kFilterOutputs, Inputs, Work::kChannelStride, Work::kChannelStride>(
      gradient, in, vectors, products);
  T total[divide_up(kCount, kWidth<T>) * kWidth<T>];
  store_sums<kCount>(products, total);
#pragma GCC unroll 8
  for (int i = 0; i < kCount; i += kWidth<T>) {
    store(to + i, add ? load(to + i) + load(total + i) : load(total + i));
  }
}

/// A strip's products of a pair of rows of frequencies: with `add`, added to those before.
template <ConvShape S, class T>
void winograd_filter_products(const WinogradFilter<S, T>& work, int pair, int count, bool add) {
  using Work = WinogradFilter<S, T>;
  for (int f = 0; f < Work::kTogether; ++f) {
    const int row = kRowPairs[pair][f / Work::kSide];
    T* sums = work.sums() + std::size_t(row * Work::kSide + f % Work::kSide) * Work::kSums;
    const T* gradient = work.gradient() + std::size_t(f) * Work::kGradientStride;
    const T* in = work.in() + std::size_t(f) * Work::kInStride;
    for (int k = 0; k < Work::kPadded; k += kFilterOutputs) {
      each_nearly_equal_part<S.in_channels, kFilterInputs>([&]<int Inputs>(int first) {
        winograd_filter_tile<S, Inputs>(gradient, in + std::size_t(first) * Work::kChannelStride,
                                        count * kParts<T>, add, sums);
        sums += Work::kTileSums;
      });
      gradient += kFilterOutputs * Work::kChannelStride;
    }
  }
}

/// The weights' gradients G^T sums G of one vector of sums; each frequency's begins at `sums` or a
/// multiple of kSums behind.
template <ConvShape S, class T>
[[gnu::noinline]] void winograd_filter_taps(const T* sums, T (*taps)[kWidth<T>]) {
  using Work = WinogradFilter<S, T>;
  constexpr int kSide = Work::kSide, kTaps = winograd::kTaps;
  Vec<T> rows[kTaps][kSide];
  for (int x = 0; x < kSide; ++x) {
    Vec<T> column[kSide], of_column[kTaps];
    for (int y = 0; y < kSide; ++y) {
      column[y] = load(sums + std::size_t(y * kSide + x) * Work::kSums);
    }
    winograd::gradient_of_taps<T>(column, of_column);
    for (int ky = 0; ky < kTaps; ++ky) rows[ky][x] = of_column[ky];
  }
  for (int ky = 0; ky < kTaps; ++ky) {
    Vec<T> row[kTaps];
    winograd::gradient_of_taps<T>(rows[ky], row);
    for (int kx = 0; kx < kTaps; ++kx) store(taps[ky * kTaps + kx], row[kx]);
  }
}

/// dweight [K, C, 3, 3] = G^T sums G.
template <ConvShape S, class T>
void winograd_filter_output(const T* sums, T* dweight) {
  using Work = WinogradFilter<S, T>;
  constexpr int kTaps = winograd::kTaps * winograd::kTaps;
  for (int k = 0; k < S.out_channels; k += kFilterOutputs) {
    each_nearly_equal_part<S.in_channels, kFilterInputs>([&]<int Inputs>(int first) {
      for (int vector = 0; vector < Work::kTileSums; vector += kWidth<T>, sums += kWidth<T>) {
        T taps[kTaps][kWidth<T>];
        winograd_filter_taps<S>(sums, taps);
        for (int i = vector; i < std::min(vector + kWidth<T>, Inputs * kFilterOutputs); ++i) {
          const int out = k + i / Inputs, in = first + i % Inputs;
          if (out >= S.out_channels) continue;
          T* to = dweight + std::size_t((out * S.in_channels + in) * kTaps);
          for (int tap = 0; tap < kTaps; ++tap) to[tap] = taps[tap][sum_place<T>(i - vector)];
        }
      }
    });
  }
}

}  // namespace detail

/// The weights' part of conv_backward_weight where uses_winograd_filter(S), in a workspace of
/// WinogradFilter's kElements.
template <ConvShape S, class T>
void winograd_backward_weight(const T* x, const T* dy, T* dweight, T* workspace) {
  using Work = detail::WinogradFilter<S, T>;
  const Work work{{}, workspace};
  if constexpr (Work::kPadded != S.out_channels) {
    std::fill_n(work.gradient(), Work::kGradient, T(0));
  }
  for (int tile = 0; tile < Work::kTiles; tile += Work::kStrip) {
    const int count = std::min(Work::kStrip, Work::kTiles - tile);
    [&]<int... Pair>(std::integer_sequence<int, Pair...>) {
      ((detail::winograd_filter_transforms<S, Pair>(x, dy, tile, count, work),
        detail::winograd_filter_products<S>(work, Pair, count, tile > 0)),
       ...);
    }
    (std::make_integer_sequence<int, std::size(detail::kRowPairs)>{});
  }
  detail::winograd_filter_output<S>(work.sums(), dweight);
}

}  // namespace castnet::cpu
