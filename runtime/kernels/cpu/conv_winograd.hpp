// Convolution 3x3 with stride 1 by Winograd's F(2x2, 3x3): 16 multiplications for 2x2 pixels in
// place of 36. A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015:
//   y = A^T [(G w G^T) . (B^T x B)] A,
// x a tile of 4x4 pixels, w a filter, y 2x2 pixels. Lanes are images: transforms shuffle nothing.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cpu/conv_panel.hpp"

namespace castnet::cpu {

namespace detail {

#ifndef WINO_A
#define WINO_A 0.70710678118654752440
#define WINO_B 1.41421356237309504880
#endif
#ifndef WINO_H
#define WINO_H 4
#define WINO_W 4
#endif
#ifndef WINO_STRIP
#define WINO_STRIP 4
#endif

/// One dimension of F(M, 3): M outputs from M + 2 inputs and 3 weights.
template <int M>
struct WinogradAxis;

/// Points 0, 1, -1 and infinity.
template <>
struct WinogradAxis<2> {
  static constexpr int kOutputs = 2, kInputs = 4;
  template <class T>
  [[gnu::always_inline]] static void input(const Vec<T>* d, Vec<T>* v) {
    v[0] = d[0] - d[2];
    v[1] = d[1] + d[2];
    v[2] = d[2] - d[1];
    v[3] = d[3] - d[1];
  }
  template <class T>
  [[gnu::always_inline]] static void output(const Vec<T>* m, Vec<T>* y) {
    y[0] = m[0] + (m[1] + m[2]);
    y[1] = (m[1] - m[2]) + m[3];
  }
  template <class T>
  static void weights(const T* w, T* g) {
    g[0] = w[0];
    g[1] = (w[0] + w[1] + w[2]) * T(0.5);
    g[2] = (w[0] - w[1] + w[2]) * T(0.5);
    g[3] = w[2];
  }
};

/// Points 0, a, -a, b, -b and infinity.
template <>
struct WinogradAxis<4> {
  static constexpr int kOutputs = 4, kInputs = 6;
  static constexpr double a = WINO_A, b = WINO_B;
  static constexpr double a2 = a * a, b2 = b * b;
  template <class T>
  [[gnu::always_inline]] static void input(const Vec<T>* d, Vec<T>* v) {
    const Vec<T> pa = d[4] - T(b2) * d[2], qa = T(a) * (d[3] - T(b2) * d[1]);
    const Vec<T> pb = d[4] - T(a2) * d[2], qb = T(b) * (d[3] - T(a2) * d[1]);
    v[0] = d[4] - T(a2 + b2) * d[2] + T(a2 * b2) * d[0];
    v[1] = pa + qa;
    v[2] = pa - qa;
    v[3] = pb + qb;
    v[4] = pb - qb;
    v[5] = d[5] - T(a2 + b2) * d[3] + T(a2 * b2) * d[1];
  }
  template <class T>
  [[gnu::always_inline]] static void output(const Vec<T>* m, Vec<T>* y) {
    const Vec<T> sa = m[1] + m[2], da = m[1] - m[2], sb = m[3] + m[4], db = m[3] - m[4];
    y[0] = m[0] + (sa + sb);
    y[1] = T(a) * da + T(b) * db;
    y[2] = T(a2) * sa + T(b2) * sb;
    y[3] = m[5] + T(a * a2) * da + T(b * b2) * db;
  }
  template <class T>
  static void weights(const T* w, T* g) {
    const auto at = [&](double p, double n) {
      return T(1 / n) * w[0] + T(p / n) * w[1] + T(p * p / n) * w[2];
    };
    g[0] = w[0] * T(1 / (a2 * b2));
    g[1] = at(a, 2 * a2 * (a2 - b2));
    g[2] = at(-a, 2 * a2 * (a2 - b2));
    g[3] = at(b, 2 * b2 * (b2 - a2));
    g[4] = at(-b, 2 * b2 * (b2 - a2));
    g[5] = w[2];
  }
};

/// Sizes of the Winograd algorithm for convolution S in numbers T.
template <ConvShape S, class T>
struct Winograd {
  using Rows = WinogradAxis<WINO_H>;
  using Columns = WinogradAxis<WINO_W>;
  static constexpr int kFrequencies = Rows::kInputs * Columns::kInputs;
  static constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  static constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
  static constexpr int kTileRows = (S.out_height() + Rows::kOutputs - 1) / Rows::kOutputs;
  static constexpr int kTileColumns = (S.out_width() + Columns::kOutputs - 1) / Columns::kOutputs;
  static constexpr int kTiles = kTileRows * kTileColumns;
  static constexpr int kChannels = S.in_channels;
  static constexpr int kOutputs = S.out_channels;
  /// Tiles of a strip: what is transformed, multiplied and transformed back at a time.
  static constexpr int kStrip = std::min(WINO_STRIP, kTiles);
  static constexpr std::size_t kRow = std::size_t(kStrip) * kLanes;
  /// An odd number of pixels: frequencies start in different cache sets.
  static constexpr std::size_t kInStride = (std::size_t(kChannels * kStrip) | 1) * kLanes;
  static constexpr std::size_t kOutStride = (std::size_t(kOutputs * kStrip) | 1) * kLanes;
  static constexpr int kWeightTile = 4;
  static constexpr int kPaddedOutputs = (kOutputs + kWeightTile - 1) / kWeightTile * kWeightTile;
  static constexpr std::size_t kWeights =
      std::size_t(kFrequencies) * std::size_t(kPaddedOutputs) * std::size_t(kChannels);

  alignas(64) T in[kFrequencies * kInStride];    // [frequency][channel][tile][16]
  alignas(64) T out[kFrequencies * kOutStride];  // [frequency][output channel][tile][16]
};

/// weight [K, C, 3, 3] to [frequency][K / 4][C][4].
template <ConvShape S, class T>
void winograd_weights(const T* weight, T* transformed) {
  using W = Winograd<S, T>;
  for (int k = 0; k < W::kOutputs; ++k) {
    for (int c = 0; c < W::kChannels; ++c) {
      const T* w = weight + (std::size_t(k) * W::kChannels + std::size_t(c)) * 9;
      T rows[3][W::Columns::kInputs];
      for (int y = 0; y < 3; ++y) W::Columns::weights(w + 3 * y, rows[y]);
      T* to = transformed + (std::size_t(k / 4) * W::kChannels + std::size_t(c)) * 4 + k % 4;
      for (int x = 0; x < W::Columns::kInputs; ++x) {
        const T column[3] = {rows[0][x], rows[1][x], rows[2][x]};
        T g[W::Rows::kInputs];
        W::Rows::weights(column, g);
        for (int y = 0; y < W::Rows::kInputs; ++y) {
          to[std::size_t(y * W::Columns::kInputs + x) *
             std::size_t(W::kPaddedOutputs * W::kChannels)] = g[y];
        }
      }
    }
  }
}

/// B^T x B of one channel's tiles [first, first + count), all in one row of tiles.
template <ConvShape S, class T>
[[gnu::noinline]] void winograd_input(const T* x, int first, int count, T* to) {
  using W = Winograd<S, T>;
  constexpr int kHigh = W::Rows::kInputs, kWide = W::Columns::kInputs, kStep = W::Columns::kOutputs;
  constexpr int kSpan = std::min(W::kStrip, W::kTileColumns) * kStep + 2;
  static constexpr T kZero[std::size_t(S.in_width) * kLanes] = {};
  alignas(64) T columns[kSpan][kHigh][kWidth<T>];
  const T* rows[kHigh];
  const int top = first / W::kTileColumns * W::Rows::kOutputs - S.padding;
  for (int y = 0; y < kHigh; ++y) {
    const bool inside = top + y >= 0 && top + y < S.in_height;
    rows[y] = inside ? x + pixel_offset(W::kInput, 0, top + y, 0) : kZero;
  }
  const int left = first % W::kTileColumns * kStep - S.padding;
  const int span = count * kStep + 2;
  for (int part = 0; part < kParts<T>; ++part) {
    for (int i = 0; i < span; ++i) {
      Vec<T> d[kHigh] = {}, v[kHigh];
      const int column = left + i;
      if (column >= 0 && column < S.in_width) {
#pragma GCC unroll 8
        for (int y = 0; y < kHigh; ++y) d[y] = load(rows[y] + column * kLanes + part * kWidth<T>);
      }
      W::Rows::template input<T>(d, v);
#pragma GCC unroll 8
      for (int y = 0; y < kHigh; ++y) store(columns[i][y], v[y]);
    }
    for (int tile = 0; tile < count; ++tile) {
      T* out = to + tile * kLanes + part * kWidth<T>;
      for (int y = 0; y < kHigh; ++y) {
        Vec<T> d[kWide], v[kWide];
#pragma GCC unroll 8
        for (int i = 0; i < kWide; ++i) d[i] = load(columns[tile * kStep + i][y]);
        W::Columns::template input<T>(d, v);
#pragma GCC unroll 8
        for (int i = 0; i < kWide; ++i) {
          store(out, v[i]);
          out += W::kInStride;
        }
      }
    }
  }
}

/// Products of one frequency, Channels output channels and Columns vectors of tiles.
template <ConvShape S, int Channels, int Columns, class T>
[[gnu::always_inline]] inline void winograd_tile(const T* weight, const T* in, T* out) {
  using W = Winograd<S, T>;
  Vec<T> sums[Channels][Columns] = {};
  for (int c = 0; c < W::kChannels; ++c) {
    Vec<T> pixel[Columns];
#pragma GCC unroll 32
    for (int p = 0; p < Columns; ++p) {
      pixel[p] = load(in + p * kWidth<T>);
      hold<T>(pixel[p]);
    }
#pragma GCC unroll 8
    for (int o = 0; o < Channels; ++o) {
      const Vec<T> factor = splat(weight[o]);
#pragma GCC unroll 32
      for (int p = 0; p < Columns; ++p) sums[o][p] += factor * pixel[p];
    }
    in += W::kRow;
    weight += W::kWeightTile;
  }
#pragma GCC unroll 8
  for (int o = 0; o < Channels; ++o) {
#pragma GCC unroll 32
    for (int p = 0; p < Columns; ++p) {
      store(out + std::size_t(o) * W::kRow + std::size_t(p) * kWidth<T>, sums[o][p]);
    }
  }
}

template <ConvShape S, int Channels, class T>
[[gnu::noinline]] void winograd_channels(const T* weight, const T* in, T* out) {
  using W = Winograd<S, T>;
  constexpr RowSplit kSplit = split_row(W::kStrip * kParts<T>, Channels);
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

template <ConvShape S, class T>
void winograd_products(Winograd<S, T>& work, const T* weight) {
  using W = Winograd<S, T>;
  constexpr int kTail = W::kOutputs % 4;
  for (int f = 0; f < W::kFrequencies; ++f) {
    const T* in = work.in + std::size_t(f) * W::kInStride;
    T* out = work.out + std::size_t(f) * W::kOutStride;
    for (int k = 0; k + 4 <= W::kOutputs; k += 4) {
      winograd_channels<S, 4>(weight, in, out);
      out += 4 * W::kRow;
      weight += 4 * W::kChannels;
    }
    if constexpr (kTail != 0) {
      winograd_channels<S, kTail>(weight, in, out);
      weight += 4 * W::kChannels;
    }
  }
}

/// A^T m A of one tile of one output channel, plus bias.
template <ConvShape S, class T>
[[gnu::always_inline]] inline void winograd_output(const T* m, T bias, int tile, T* y) {
  using W = Winograd<S, T>;
  constexpr int kHigh = W::Rows::kOutputs, kWide = W::Columns::kOutputs;
  const int row = tile / W::kTileColumns * kHigh, column = tile % W::kTileColumns * kWide;
  const int high = std::min(kHigh, S.out_height() - row);
  const int wide = std::min(kWide, S.out_width() - column);
  T* to = y + pixel_offset(W::kOutput, 0, row, column);
  for (int part = 0; part < kParts<T>; ++part) {
    Vec<T> sums[kHigh][W::Columns::kInputs];
#pragma GCC unroll 8
    for (int i = 0; i < W::Columns::kInputs; ++i) {
      Vec<T> d[W::Rows::kInputs], v[kHigh];
#pragma GCC unroll 8
      for (int r = 0; r < W::Rows::kInputs; ++r) {
        d[r] = load(m + std::size_t(r * W::Columns::kInputs + i) * W::kOutStride);
      }
      W::Rows::template output<T>(d, v);
#pragma GCC unroll 8
      for (int r = 0; r < kHigh; ++r) sums[r][i] = v[r];
    }
    for (int r = 0; r < high; ++r) {
      Vec<T> v[kWide];
      W::Columns::template output<T>(sums[r], v);
      T* pixel = to + r * S.out_width() * kLanes;
#pragma GCC unroll 8
      for (int i = 0; i < kWide; ++i) {
        if (S.out_width() % kWide == 0 || i < wide) store(pixel + i * kLanes, v[i] + splat(bias));
      }
    }
    m += kWidth<T>;
    to += kWidth<T>;
  }
}

template <ConvShape S, class T>
[[gnu::noinline]] void winograd_outputs(const Winograd<S, T>& work, const T* bias, int first,
                                        int count, T* y) {
  using W = Winograd<S, T>;
  for (int k = 0; k < W::kOutputs; ++k) {
    for (int tile = 0; tile < count; ++tile) {
      winograd_output<S>(work.out + std::size_t(k) * W::kRow + std::size_t(tile) * kLanes,
                         bias == nullptr ? T(0) : bias[k], first + tile,
                         y + pixel_offset(W::kOutput, k, 0, 0));
    }
  }
}

template <ConvShape S, class T>
void winograd_block(const T* x, const T* weight, const T* bias, T* y) {
  using W = Winograd<S, T>;
  W work;
  std::fill_n(work.in, std::size(work.in), T(0));
  for (int first = 0; first < W::kTiles; first += W::kStrip) {
    const int count = std::min(W::kStrip, W::kTiles - first);
    for (int c = 0; c < W::kChannels; ++c) {
      T* to = work.in + std::size_t(c) * W::kRow;
      for (int done = 0; done < count;) {
        const int tile = first + done;
        const int run = std::min(count - done, W::kTileColumns - tile % W::kTileColumns);
        winograd_input<S>(x + pixel_offset(W::kInput, c, 0, 0), tile, run, to + done * kLanes);
        done += run;
      }
    }
    winograd_products<S>(work, weight);
    winograd_outputs<S>(work, bias, first, count, y);
  }
}

}  // namespace detail

template <ConvShape S, class T>
void winograd_forward(const T* x, const T* weight, const T* bias, T* y) {
  using W = detail::Winograd<S, T>;
  alignas(64) T transformed[W::kWeights];
  detail::winograd_weights<S>(weight, transformed);
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    detail::winograd_block<S>(x + std::size_t(block) * W::kInput.block(), transformed, bias,
                              y + std::size_t(block) * W::kOutput.block());
  }
}

}  // namespace castnet::cpu
