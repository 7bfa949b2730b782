// In evaluation, a convolution with its batch norm, and the 1x1 convolution with its max pooling
// behind it: all that there ever is of what the first one puts out is a few rows, in the cache.
#pragma once

#include "kernels/cpu/conv_norm.hpp"
#include "kernels/cpu/conv_pool.hpp"

namespace castnet::cpu {

namespace detail {

/// The rows of S's output that a row of Winograd's tiles makes. As soon as all channels have them,
/// they become rows of y.
template <ConvShape S, ConvShape Q, PoolShape P, class T>
struct PooledRows {
  static constexpr int kRows = winograd::kOutputs, kWidth = S.out_width();
  static constexpr int kPixels = P.kernel * P.kernel;
  /// An odd number of pixels: channels start in different cache sets.
  static constexpr std::size_t kChannelStride = (std::size_t(kRows * kWidth) | 1) * kLanes;

  /// Pixel p of a window.
  static constexpr std::size_t pixel(int p) {
    return std::size_t(p / P.kernel * kWidth + p % P.kernel) * kLanes;
  }

  static constexpr std::size_t kElements = std::size_t(S.out_channels) * kChannelStride;

  T* rows;  ///< [channel][row][column][kLanes]
  const T* packed;
  const T* bias;
  T* y;

  T* at(int channel, int row, int column) const {
    return rows + std::size_t(channel) * kChannelStride +
           std::size_t(row % kRows * kWidth + column) * kLanes;
  }

  void finish(int first, int last) const {
    constexpr Extent kOutput{Q.out_channels, P.out_height(), P.out_width()};
    for (int row = first; row + P.kernel <= last; row += P.kernel) {
      for (int column = 0; column < P.out_width(); ++column) {
        const T* window = at(0, row, column * P.kernel);
        each_part<Q.out_channels, window_channels(P, Q.out_channels)>([&]<int Channels>(int out) {
          pool_window<Q, P, Channels, PooledRows>(
              window, packed, out, bias, y + pixel_offset(kOutput, out, row / P.kernel, column),
              nullptr);
        });
      }
    }
  }
};

}  // namespace detail

/// Elements of a workspace that conv_norm_conv_pool_forward needs.
template <ConvShape S, ConvShape Q, PoolShape P, class T>
constexpr std::size_t conv_norm_conv_pool_forward_workspace() {
  return conv_forward_workspace<S, T>() + detail::PooledRows<S, Q, P, T>::kElements;
}

/// conv_norm_forward<S, N>, then conv_pool_forward<Q, P> of that: the same bits. `packed` and
/// `shift`: by conv_norm_pack<S, N>; `pool_packed`: by conv_pack<Q>; `pool_bias` [Cout of
/// Q] (nullptr when !Q.bias). Winograd's algorithm must compute S (uses_winograd), and a window may
/// not lie across two of its tiles.
template <ConvShape S, NormShape N, ConvShape Q, PoolShape P, class T, std::size_t Elements>
void conv_norm_conv_pool_forward(const T* x, const T* packed, const T* shift, const T* pool_packed,
                                 const T* pool_bias, T* y, Workspace<T, Elements> workspace) {
  static_assert(uses_winograd(S) && winograd::kOutputs % P.kernel == 0);
  using Rows = detail::PooledRows<S, Q, P, T>;
  T* rows = workspace.template room<conv_norm_conv_pool_forward_workspace<S, Q, P, T>()>();
  detail::winograd_forward<detail::with_norm<S, N>()>(
      x, packed, shift, Rows{rows, pool_packed, pool_bias, y}, rows + Rows::kElements,
      detail::NotMeasured{});
}

}  // namespace castnet::cpu
