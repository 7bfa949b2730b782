// Convolution, gradient of the input.
#pragma once

#include <cstddef>

#include "kernels/cpu/conv_forward.hpp"

namespace castnet::cpu {

namespace detail {

/// The output index that tap `tap` connects with input index `in`, or -1.
template <ConvShape S>
constexpr int connected(int in, int tap, int out_size) {
  const int scaled = in + S.padding - tap * S.dilation;
  if (scaled < 0 || scaled % S.stride != 0 || scaled / S.stride >= out_size) return -1;
  return scaled / S.stride;
}

/// The gradient of one input pixel, gathered from the outputs that it reaches.
template <ConvShape S, class T>
Lanes<T> gather_pixel(const T* dy, const T* weight, int channel, int row, int column) {
  constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
  constexpr int kOutputs = S.out_channels / S.groups;
  const int first = channel / (S.in_channels / S.groups) * kOutputs;
  Lanes<T> sums;
  for (int ky = 0; ky < S.kernel; ++ky) {
    const int out_row = connected<S>(row, ky, S.out_height());
    if (out_row < 0) continue;
    for (int kx = 0; kx < S.kernel; ++kx) {
      const int out_column = connected<S>(column, kx, S.out_width());
      if (out_column < 0) continue;
      for (int out = first; out < first + kOutputs; ++out) {
        const T factor = taps_of<S>(weight, out, channel)[ky * S.kernel + kx];
        const T* from = dy + pixel_offset(kOutput, out, out_row, out_column);
        for (int i = 0; i < kParts<T>; ++i) sums.part[i] += factor * load(from + i * kWidth<T>);
      }
    }
  }
  return sums;
}

template <ConvShape S, class T>
void gather(const T* dy, const T* weight, T* dx) {
  constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  for (int channel = 0; channel < S.in_channels; ++channel) {
    for (int row = 0; row < S.in_height; ++row) {
      for (int column = 0; column < S.in_width; ++column) {
        gather_pixel<S>(dy, weight, channel, row, column)
            .put(dx + pixel_offset(kInput, channel, row, column));
      }
    }
  }
}

}  // namespace detail

/// Elements of a workspace that conv_backward_data<S> needs.
template <ConvShape S, class T>
constexpr std::size_t conv_backward_data_workspace() {
  if constexpr (transposes(S)) return conv_forward_workspace<transposed(S), T>();
  return 0;
}

/// dx [Cin, H, W] from dy [Cout, Ho, Wo] and weight [Cout, Cin / groups, k, k], packed by
/// conv_pack_data<S>.
template <ConvShape S, class T, std::size_t N>
void conv_backward_data(const T* dy, const T* packed, T* dx,
                        [[maybe_unused]] Workspace<T, N> workspace) {
  if constexpr (transposes(S)) {
    conv_forward<transposed(S)>(dy, packed, static_cast<const T*>(nullptr), dx, workspace);
  } else {
    detail::gather<S>(dy, packed, dx);
  }
}

}  // namespace castnet::cpu
