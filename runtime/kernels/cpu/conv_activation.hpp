// A convolution and the activation behind it, which is applied to the sums before they are stored.
#pragma once

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

}  // namespace detail

/// conv_forward<S>, then activation_forward<A> of that: the same bits, in the same workspace.
template <ConvShape S, ActShape A, class T, std::size_t N>
void conv_activation_forward(const T* x, const T* packed, const T* bias, T* y,
                             Workspace<T, N> workspace) {
  conv_forward<detail::with_activation<S, A>()>(x, packed, bias, y, workspace);
}

}  // namespace castnet::cpu
