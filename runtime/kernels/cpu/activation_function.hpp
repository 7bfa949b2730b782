// Activation functions and their derivatives, for kernels of their own and for fused ones.
#pragma once

#include "kernels/cpu/vec.hpp"
#include "kernels/smooth.hpp"

namespace castnet::cpu::detail {

/// `function` of every element.
template <class T, class Function>
[[gnu::always_inline]] inline Vec<T> each(Vec<T> x, Function function) {
  T element[kWidth<T>];
  store(element, x);
  for (T& e : element) e = function(e);
  return load(element);
}

template <Act A, class T>
[[gnu::always_inline]] inline Vec<T> activate(Vec<T> x, T slope) {
  if constexpr (A == Act::none) {
    return x;
  } else if constexpr (A == Act::relu) {
    return x <= Vec<T>{} ? Vec<T>{} : x;  // this way round NaN stays NaN
  } else if constexpr (A == Act::leaky_relu) {
    return x > Vec<T>{} ? x : x * slope;
  } else {
    return each<T>(x, smooth_value<A, T>);
  }
}

/// `dy` times the derivative at `x`; for ReLU and leaky ReLU `x` may be the output instead, which
/// has the input's sign (0 at 0 and below for ReLU).
template <Act A, class T>
[[gnu::always_inline]] inline Vec<T> activate_backward(Vec<T> x, Vec<T> dy, T slope) {
  if constexpr (A == Act::none) {
    return dy;
  } else if constexpr (A == Act::relu) {
    return x > Vec<T>{} ? dy : Vec<T>{};
  } else if constexpr (A == Act::leaky_relu) {
    return x > Vec<T>{} ? dy : dy * slope;
  } else {
    return dy * each<T>(x, smooth_slope<A, T>);
  }
}

}  // namespace castnet::cpu::detail
