// GELU, SiLU and sigmoid and their derivatives, for every target.
#pragma once

#include <cmath>
#include <numbers>

#include "castnet_shared/shapes.hpp"
#include "core/host_device.hpp"

namespace castnet {

/// f(x) of GELU (exact, by erf), SiLU or sigmoid.
template <Act A, class T>
CASTNET_HOST_DEVICE T smooth_value(T x) {
  if constexpr (A == Act::gelu) {
    return x * T(0.5) * (T(1) + std::erf(x * T(std::numbers::sqrt2 / 2)));
  } else if constexpr (A == Act::silu) {
    return x / (T(1) + std::exp(-x));
  } else {
    static_assert(A == Act::sigmoid);
    return T(1) / (T(1) + std::exp(-x));
  }
}

/// f'(x) of GELU, Phi(x) + x phi(x), SiLU, s + x s (1 - s), or sigmoid, s (1 - s), with s the
/// logistic function.
template <Act A, class T>
CASTNET_HOST_DEVICE T smooth_slope(T x) {
  if constexpr (A == Act::gelu) {
    const T density = std::exp(x * x * T(-0.5)) * T(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    return T(0.5) * (T(1) + std::erf(x * T(std::numbers::sqrt2 / 2))) + x * density;
  } else {
    const T logistic = smooth_value<Act::sigmoid>(x);
    if constexpr (A == Act::silu) {
      return logistic * (T(1) + x * (T(1) - logistic));
    } else {
      static_assert(A == Act::sigmoid);
      return logistic * (T(1) - logistic);
    }
  }
}

}  // namespace castnet
