// Convolution, gradient of the input.
#pragma once

#include <cstddef>

#include "kernels/cpu/conv_forward.hpp"

namespace castnet::cpu {

namespace detail {

/// The convolution that turns dy into dx where the stride is 1: channels swapped, taps mirrored.
template <ConvShape S>
inline constexpr ConvShape kTransposed{S.batch,
                                       S.out_channels,
                                       S.out_height(),
                                       S.out_width(),
                                       S.in_channels,
                                       S.kernel,
                                       1,
                                       S.dilation*(S.kernel - 1) - S.padding,
                                       S.dilation,
                                       S.groups,
                                       false};

/// weight [Cout, Cin / groups, k, k] to [Cin, Cout / groups, k, k] with taps mirrored on both axes.
template <ConvShape S, class T>
void transpose_weight(const T* weight, T* transposed) {
  constexpr int kInputs = S.in_channels / S.groups;
  constexpr int kOutputs = S.out_channels / S.groups;
  constexpr int kTaps = S.kernel * S.kernel;
  for (int group = 0; group < S.groups; ++group) {
    for (int out = 0; out < kOutputs; ++out) {
      for (int in = 0; in < kInputs; ++in) {
        const T* from = weight + std::size_t((group * kOutputs + out) * kInputs + in) * kTaps;
        T* to = transposed + std::size_t((group * kInputs + in) * kOutputs + out) * kTaps;
        for (int tap = 0; tap < kTaps; ++tap) to[tap] = from[kTaps - 1 - tap];
      }
    }
  }
}

/// The output index that tap `tap` connects with input index `in`, or -1.
template <ConvShape S>
constexpr int connected(int in, int tap, int out_size) {
  const int scaled = in + S.padding - tap * S.dilation;
  if (scaled < 0 || scaled % S.stride != 0 || scaled / S.stride >= out_size) return -1;
  return scaled / S.stride;
}

/// The gradient of one input pixel, gathered from the outputs that it reaches.
template <ConvShape S, class T>
Lanes<T> gather_pixel(const T* dy, const T* transposed, int channel, int row, int column) {
  constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
  constexpr int kOutputs = S.out_channels / S.groups;
  constexpr int kTaps = S.kernel * S.kernel;
  const int first = channel / (S.in_channels / S.groups) * kOutputs;
  const T* filter = transposed + std::size_t(channel) * std::size_t(kOutputs * kTaps);
  Lanes<T> sums;
  for (int ky = 0; ky < S.kernel; ++ky) {
    const int out_row = connected<S>(row, ky, S.out_height());
    if (out_row < 0) continue;
    for (int kx = 0; kx < S.kernel; ++kx) {
      const int out_column = connected<S>(column, kx, S.out_width());
      if (out_column < 0) continue;
      const int tap = kTaps - 1 - (ky * S.kernel + kx);
      for (int out = 0; out < kOutputs; ++out) {
        const T* from = dy + pixel_offset(kOutput, first + out, out_row, out_column);
        for (int i = 0; i < kParts<T>; ++i) {
          sums.part[i] += filter[out * kTaps + tap] * load(from + i * kWidth<T>);
        }
      }
    }
  }
  return sums;
}

template <ConvShape S, class T>
void gather_block(const T* dy, const T* transposed, T* dx) {
  constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  for (int channel = 0; channel < S.in_channels; ++channel) {
    for (int row = 0; row < S.in_height; ++row) {
      for (int column = 0; column < S.in_width; ++column) {
        gather_pixel<S>(dy, transposed, channel, row, column)
            .put(dx + pixel_offset(kInput, channel, row, column));
      }
    }
  }
}

}  // namespace detail

/// dx [N, Cin, H, W] from dy [N, Cout, Ho, Wo] and weight [Cout, Cin / groups, k, k].
/// `scratch` holds S.data_scratch() elements.
template <ConvShape S, class T>
void conv_backward_data(const T* dy, const T* weight, T* scratch, T* dx) {
  detail::transpose_weight<S>(weight, scratch);
  if constexpr (S.stride == 1 && S.padding <= S.dilation * (S.kernel - 1)) {
    conv_forward<detail::kTransposed<S>>(dy, scratch, static_cast<const T*>(nullptr), dx);
  } else {
    constexpr std::size_t kInput = Extent{S.in_channels, S.in_height, S.in_width}.block();
    constexpr std::size_t kOutput = Extent{S.out_channels, S.out_height(), S.out_width()}.block();
#pragma omp parallel for schedule(static)
    for (int block = 0; block < blocks(S.batch); ++block) {
      detail::gather_block<S>(dy + std::size_t(block) * kOutput, scratch,
                              dx + std::size_t(block) * kInput);
    }
  }
}

}  // namespace castnet::cpu
