// A convolution and the activation behind it: applied to the sums before they are stored, and
// backward with the gradient of the bias.
#pragma once

#include <cstddef>

#include "kernels/cpu/conv_backward_data.hpp"
#include "kernels/cpu/conv_backward_filter.hpp"
#include "kernels/cpu/conv_forward.hpp"

namespace castnet::cpu {

namespace detail {

template <ConvShape S, ActShape A>
constexpr ConvShape with_activation() {
  ConvShape shape = S;
  shape.act = A.act;
  shape.slope = A.slope;
  return shape;
}

template <ConvShape S>
constexpr ConvShape without_bias() {
  ConvShape shape = S;
  shape.bias = false;
  return shape;
}

}  // namespace detail

/// conv_forward<S>, then activation_forward<A> of that: the same bits.
template <ConvShape S, ActShape A, class T>
void conv_activation_forward(const T* x, const T* weight, const T* bias, T* y) {
  conv_forward<detail::with_activation<S, A>()>(x, weight, bias, y);
}

/// dz [N, Cout, Ho, Wo], the gradient of the sums, from dy and the output y, for ReLU and for leaky
/// ReLU of positive slope: as activation_backward<A>; and when S.bias, dbias [Cout] from dz, as
/// conv_backward_filter. `scratch` holds S.bias_scratch() elements. `dz` may be `dy`.
template <ConvShape S, ActShape A, class T>
void conv_activation_backward(const T* y, const T* dy, T* scratch, T* dz, T* dbias) {
  constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
  constexpr std::size_t kPlane = std::size_t(kOutput.pixels()) * kLanes;
#pragma omp parallel for schedule(static)
  for (int plane = 0; plane < blocks(S.batch) * S.out_channels; ++plane) {
    Lanes<T> total;
    const std::size_t first = std::size_t(plane) * kPlane;
    for (std::size_t i = first; i < first + kPlane; i += kLanes) {
      Lanes<T> gradient = Lanes<T>::at(dy + i);
      const Lanes<T> output = Lanes<T>::at(y + i);
      for (int part = 0; part < kParts<T>; ++part) {
        gradient.part[part] =
            detail::activate_backward<A.act>(output.part[part], gradient.part[part], T(A.slope));
      }
      gradient.put(dz + i);
      if constexpr (S.bias) total.add(gradient);
    }
    if constexpr (S.bias) scratch[plane] = total.total();
  }
  if constexpr (S.bias) {
    constexpr std::size_t kChannels = S.out_channels;
    detail::sum_blocks(scratch, kChannels, blocks(S.batch), kChannels, dbias);
  }
}

/// conv_backward_filter<S> of dz without the bias's gradient.
template <ConvShape S, class T>
void conv_activation_backward_filter(const T* x, const T* dz, T* scratch, T* dweight) {
  conv_backward_filter<detail::without_bias<S>()>(x, dz, scratch, dweight,
                                                  static_cast<T*>(nullptr));
}

}  // namespace castnet::cpu
