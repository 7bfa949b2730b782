// One parameter's share of an optimizer's update, for every target.
#pragma once

#include <cmath>

#include "core/host_device.hpp"

namespace castnet {

/// The gradient with the penalties' gradients added: weight decay, and l1 * sign(w).
template <class T>
CASTNET_HOST_DEVICE inline T penalised(T gradient, T weight, T decay, T l1) {
  const T sign = T(weight > T(0)) - T(weight < T(0));
  return gradient + decay * weight + l1 * sign;
}

/// Factors of an Adam step that are the same for every parameter.
template <class T>
struct AdamFactors {
  T first, first_rest, second, second_rest;  ///< beta1, 1 - beta1, beta2, 1 - beta2
  T rate;                                    ///< rate / (1 - beta1^number)
  T deviation;                               ///< 1 / sqrt(1 - beta2^number)
  T epsilon;

  /// Updates the moments and returns what to subtract from the weight.
  CASTNET_HOST_DEVICE T step(T gradient, T& mean, T& square) const {
    mean = first * mean + first_rest * gradient;
    square = second * square + second_rest * gradient * gradient;
    return rate * mean / (std::sqrt(square) * deviation + epsilon);
  }
};

}  // namespace castnet
