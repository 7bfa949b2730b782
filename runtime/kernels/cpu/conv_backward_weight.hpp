// Convolution, gradients of weight and bias. A tile of weights stays in registers, one sum a lane,
// while the loops run over pixels.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/workspace.hpp"
#include "kernels/cpu/conv_panel.hpp"
#include "kernels/cpu/conv_winograd_filter.hpp"

namespace castnet::cpu {

namespace detail {

/// Output rows of a panel: about 64 pixels, so that dy of a tile stays in the first-level cache.
template <ConvShape S>
inline constexpr int kFilterRows = std::clamp(64 / std::max(S.out_width(), 1), 1,
                                              std::max(S.out_height(), 1));

/// Adds to Channels x Taps weights the products of `rows` rows of dy and x.
/// `dy` is at the first row of the first output channel, of Plane elements; tap t reads x at
/// t * TapStride.
template <ConvShape S, int Channels, int Taps, std::size_t TapStride, std::size_t RowStride,
          std::size_t Plane = std::size_t(S.out_height() * S.out_width()) * kLanes, class T>
[[gnu::always_inline]] inline void filter_tile(const T* dy, const T* x, int rows, T* sums) {
  constexpr std::size_t kFilter = S.weights() / std::size_t(S.out_channels);
  Vec<T> products[Channels][Taps] = {};
  for (int row = 0; row < rows; ++row) {
    const T* gradient = dy;
    const T* pixel[Taps];
#pragma GCC unroll 8
    for (int t = 0; t < Taps; ++t) pixel[t] = conceal(x + std::size_t(t) * TapStride);
    for (int column = 0; column < S.out_width(); ++column) {
#pragma GCC unroll 8
      for (int part = 0; part < kParts<T>; ++part) {
        Vec<T> input[Taps];
#pragma GCC unroll 8
        for (int t = 0; t < Taps; ++t) {
          input[t] = load(pixel[t] + part * kWidth<T>);
          hold<T>(input[t]);
        }
#pragma GCC unroll 8
        for (int o = 0; o < Channels; ++o) {
          Vec<T> factor = load(gradient + std::size_t(o) * Plane + part * kWidth<T>);
          hold<T>(factor);
#pragma GCC unroll 8
          for (int t = 0; t < Taps; ++t) products[o][t] += factor * input[t];
        }
      }
      gradient += kLanes;
#pragma GCC unroll 8
      for (int t = 0; t < Taps; ++t) pixel[t] += S.stride * kLanes;
    }
    dy += std::size_t(S.out_width()) * kLanes;
    x += std::size_t(S.stride) * RowStride;
  }
#pragma GCC unroll 8
  for (int o = 0; o < Channels; ++o) {
#pragma GCC unroll 8
    for (int t = 0; t < Taps; ++t)
      sums[std::size_t(o) * kFilter + std::size_t(t)] += sum<T>(products[o][t]);
  }
}

/// Adds to weights [Outputs][Inputs], their rows `stride` apart, what multiply_channels computes.
template <int Outputs, int Inputs, std::size_t GradientStride, std::size_t InputStride, class T>
[[gnu::noinline]] void filter_products(const T* gradient, const T* input, int vectors, T* weights,
                                       int stride) {
  constexpr int kCount = Outputs * Inputs;
  Vec<T> products[kCount];
  multiply_channels<Outputs, Inputs, GradientStride, InputStride>(gradient, input, vectors,
                                                                  products);
  T total[divide_up(kCount, kWidth<T>)][kWidth<T>];
  store_sums<kCount>(products, total[0]);
#pragma GCC unroll 32
  for (int i = 0; i < kCount; ++i) {
    weights[i / Inputs * stride + i % Inputs] += total[i / kWidth<T>][sum_place<T>(i % kWidth<T>)];
  }
}

/// Output rows [first, last) of the panel for which tap row `ky` lies in the image.
template <ConvShape S>
constexpr TapRange rows_of_tap(int out_row, int rows, int ky) {
  const auto inside = [=](int r) {
    const int in = (out_row + r) * S.stride - S.padding + ky * S.dilation;
    return in >= 0 && in < S.in_height;
  };
  TapRange range{0, rows};
  while (range.first < rows && !inside(range.first)) ++range.first;
  while (range.last > range.first && !inside(range.last - 1)) --range.last;
  return range;
}

/// The weights of Channels output channels, all channels and taps of the panel.
/// `dy` is at the panel's first row; `sums` at the first output channel and panel channel.
template <ConvShape S, int Channels, class Panel, class T>
[[gnu::noinline]] void filter_channels(const Panel& panel, const T* dy, int count, int out_row,
                                       int rows, T* sums) {
  constexpr std::size_t kRow = Panel::kRowStride;
  if constexpr (S.kernel == 1) {
    const TapRange range = rows_of_tap<S>(out_row, rows, 0);
    dy += std::size_t(range.first * S.out_width()) * kLanes;
    const T* x = panel.data + std::size_t(range.first * S.stride) * kRow;
    int c = 0;
    for (; c + kFilterInputs <= count; c += kFilterInputs) {
      filter_tile<S, Channels, kFilterInputs, Panel::kChannelStride, kRow>(
          dy, x + std::size_t(c) * Panel::kChannelStride, range.last - range.first, sums + c);
    }
    for (; c < count; ++c) {
      filter_tile<S, Channels, 1, Panel::kChannelStride, kRow>(
          dy, x + std::size_t(c) * Panel::kChannelStride, range.last - range.first, sums + c);
    }
  } else {
    constexpr std::size_t kTap = std::size_t(S.dilation) * kLanes;
    for (int c = 0; c < count; ++c) {
      for (int ky = 0; ky < S.kernel; ++ky) {
        const TapRange range = rows_of_tap<S>(out_row, rows, ky);
        const int valid = range.last - range.first;
        const T* gradient = dy + std::size_t(range.first * S.out_width()) * kLanes;
        const T* x = panel.data + std::size_t(c) * Panel::kChannelStride +
                     std::size_t(range.first * S.stride + ky * S.dilation) * kRow;
        T* to = sums + (c * S.kernel + ky) * S.kernel;
        int kx = 0;
        for (; kx + kFilterInputs <= S.kernel; kx += kFilterInputs) {
          filter_tile<S, Channels, kFilterInputs, kTap, kRow>(gradient, x + std::size_t(kx) * kTap,
                                                              valid, to + kx);
        }
        if constexpr (S.kernel % kFilterInputs != 0) {
          filter_tile<S, Channels, S.kernel % kFilterInputs, kTap, kRow>(
              gradient, x + std::size_t(kx) * kTap, valid, to + kx);
        }
      }
    }
  }
}

/// The gradient of the weights by its definition, into `sums` [weights], with a panel in a
/// workspace.
template <ConvShape S, class T>
void direct_backward_weight(const T* x, const T* dy, T* sums, T* workspace) {
  using Panel = ConvPanel<S, kFilterRows<S>, T>;
  constexpr int kInputs = S.in_channels / S.groups;
  constexpr int kOutputs = S.out_channels / S.groups;
  constexpr int kTail = kOutputs % kFilterOutputs;
  constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
  constexpr std::size_t kTaps = std::size_t(S.kernel * S.kernel);
  const Panel panel{workspace};
  panel.clear();
  std::fill_n(sums, S.weights(), T(0));
  for (int group = 0; group < S.groups; ++group) {
    for (int channel = 0; channel < kInputs; channel += Panel::kChannels) {
      const int count = std::min(Panel::kChannels, kInputs - channel);
      for (int row = 0; row < S.out_height(); row += kFilterRows<S>) {
        const int rows = std::min(kFilterRows<S>, S.out_height() - row);
        panel.fill(x, group * kInputs + channel, count, row);
        const auto tile = [&]<int Channels>(int first) {
          const int out = group * kOutputs + first;
          filter_channels<S, Channels>(panel, dy + pixel_offset(kOutput, out, row, 0), count, row,
                                       rows, sums + std::size_t(out * kInputs + channel) * kTaps);
        };
        for (int first = 0; first + kFilterOutputs <= kOutputs; first += kFilterOutputs) {
          tile.template operator()<kFilterOutputs>(first);
        }
        if constexpr (kTail != 0) tile.template operator()<kTail>(kOutputs - kTail);
      }
    }
  }
}

/// dbias [Cout] = the sums of dy.
template <Extent Output, class T>
void bias_gradient(const T* dy, T* dbias) {
  for (int channel = 0; channel < Output.channels; ++channel) {
    Lanes<T> total;
    for (int p = 0; p < Output.pixels(); ++p, dy += kLanes) total.add(Lanes<T>::at(dy));
    dbias[channel] = total.total();
  }
}

}  // namespace detail

/// Elements of a workspace that conv_backward_weight<S> needs.
template <ConvShape S, class T>
constexpr std::size_t conv_backward_weight_workspace() {
  if constexpr (uses_winograd_filter(S)) return detail::WinogradFilter<S, T>::kElements;
  return ConvPanel<S, detail::kFilterRows<S>, T>::kElements;
}

/// The block's share of dweight [Cout, Cin / groups, k, k] and, when S.bias, of dbias [Cout], from
/// x [Cin, H, W] and dy [Cout, Ho, Wo].
template <ConvShape S, class T, std::size_t N>
void conv_backward_weight(const T* x, const T* dy, T* dweight, T* dbias,
                          Workspace<T, N> workspace) {
  T* room = workspace.template room<conv_backward_weight_workspace<S, T>()>();
  if constexpr (uses_winograd_filter(S)) {
    winograd_backward_weight<S>(x, dy, dweight, room);
  } else {
    detail::direct_backward_weight<S>(x, dy, dweight, room);
  }
  if constexpr (S.bias) {
    detail::bias_gradient<Extent{S.out_channels, S.out_height(), S.out_width()}>(dy, dbias);
  }
}

}  // namespace castnet::cpu
