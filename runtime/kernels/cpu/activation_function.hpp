// Activation functions and their derivatives, for kernels of their own and for fused ones.
#pragma once

#include "kernels/cpu/exponential.hpp"
#include "kernels/cpu/vec.hpp"
#include "kernels/smooth.hpp"

namespace castnet::cpu::detail {

/// The logistic function 1 / (1 + e^-x).
template <class T>
[[gnu::always_inline]] inline Vec<T> logistic(Vec<T> x) {
  return T(1) / (T(1) + exponential<T>(-x));
}

template <Act A, class T>
[[gnu::always_inline]] inline Vec<T> activate(Vec<T> x, T slope) {
  if constexpr (A == Act::none) {
    return x;
  } else if constexpr (A == Act::relu) {
    return x <= Vec<T>{} ? Vec<T>{} : x;  // this way round NaN stays NaN
  } else if constexpr (A == Act::leaky_relu) {
    return x > Vec<T>{} ? x : x * slope;
  } else if constexpr (A == Act::silu) {
    return x * logistic<T>(x);
  } else if constexpr (A == Act::sigmoid) {
    return logistic<T>(x);
  } else {
    return each<T>(x, smooth_value<A, T>);
  }
}

/// `dy` times the derivative at the input `x`; for ReLU and leaky ReLU `x` may be the output
/// instead, which has the input's sign (0 at 0 and below for ReLU).
template <Act A, class T>
[[gnu::always_inline]] inline Vec<T> activate_backward(Vec<T> x, Vec<T> dy, T slope) {
  if constexpr (A == Act::none) {
    return dy;
  } else if constexpr (A == Act::relu) {
    return x > Vec<T>{} ? dy : Vec<T>{};
  } else if constexpr (A == Act::leaky_relu) {
    return x > Vec<T>{} ? dy : dy * slope;
  } else if constexpr (A == Act::silu) {
    const Vec<T> share = logistic<T>(x);
    return dy * share * (T(1) + x * (T(1) - share));
  } else if constexpr (A == Act::sigmoid) {
    const Vec<T> y = logistic<T>(x);
    return dy * y * (T(1) - y);
  } else {
    return dy * each<T>(x, smooth_slope<A, T>);
  }
}

/// The same from what an activation that is an operation of its own keeps for backward: sigmoid's
/// output, else what activate_backward takes as `x`.
template <Act A, class T>
[[gnu::always_inline]] inline Vec<T> activate_backward_kept(Vec<T> kept, Vec<T> dy, T slope) {
  if constexpr (A == Act::sigmoid) {
    return dy * kept * (T(1) - kept);
  } else {
    return activate_backward<A, T>(kept, dy, slope);
  }
}

}  // namespace castnet::cpu::detail
