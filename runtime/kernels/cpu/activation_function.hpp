// Activation functions and their derivatives, for kernels of their own and for fused ones.
#pragma once

#include <cmath>
#include <numbers>

#include "kernels/cpu/vec.hpp"

namespace castnet::cpu::detail {

/// f(x) of GELU (exact, by erf) or SiLU.
template <Act A, class T>
T smooth_value(T x) {
  if constexpr (A == Act::gelu) {
    return x * T(0.5) * (T(1) + std::erf(x * T(std::numbers::sqrt2 / 2)));
  } else {
    return x / (T(1) + std::exp(-x));
  }
}

/// f'(x) of GELU, Phi(x) + x phi(x), or SiLU, s + x s (1 - s) with s the logistic function.
template <Act A, class T>
T smooth_slope(T x) {
  if constexpr (A == Act::gelu) {
    const T density = std::exp(x * x * T(-0.5)) * T(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    return T(0.5) * (T(1) + std::erf(x * T(std::numbers::sqrt2 / 2))) + x * density;
  } else {
    const T logistic = T(1) / (T(1) + std::exp(-x));
    return logistic * (T(1) + x * (T(1) - logistic));
  }
}

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
