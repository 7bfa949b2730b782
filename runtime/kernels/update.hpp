// One parameter's share of an optimizer's update, for every target.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

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
  T correction;                              ///< 1 / sqrt(1 - beta2^number)
  T epsilon;

  /// Updates the moments and returns what to subtract from the weight.
  CASTNET_HOST_DEVICE T step(T gradient, T& mean, T& square) const {
    mean = first * mean + first_rest * gradient;
    square = second * square + second_rest * gradient * gradient;
    return rate * mean / (std::sqrt(square) * correction + epsilon);
  }
};

/// The Newton-Schulz iteration X ← aX + (bA + cA²)X with A = XXᵀ, which drives the singular values
/// of a matrix of norm 1 towards 1, to within about 0.7 to 1.2 after kNewtonSchulzSteps. The
/// coefficients are tuned for speed, not for convergence: K. Jordan et al., "Muon: an optimizer for
/// hidden layers in neural networks", 2024, as torch.optim.Muon has them.
inline constexpr double kNewtonSchulzA = 3.4445, kNewtonSchulzB = -4.7750, kNewtonSchulzC = 2.0315;
inline constexpr int kNewtonSchulzSteps = 5;

/// Added to the norm that a matrix is divided by, for one of zeros.
inline constexpr double kMuonEpsilon = 1e-7;

/// Muon needs so many elements of scratch memory for each parameter.
inline constexpr std::size_t kMuonScratch = 4;

/// How Muon holds the step of a parameter group while it works on it: where the group is a matrix
/// [rows, columns], its shorter side runs fastest.
struct MuonLayout {
  std::size_t rows, columns;  ///< rows 0: no matrix

  CASTNET_HOST_DEVICE MuonLayout(std::size_t matrix_rows, std::size_t elements)
      : rows(matrix_rows), columns(matrix_rows == 0 ? elements : elements / matrix_rows) {}

  CASTNET_HOST_DEVICE std::size_t shorter() const { return rows < columns ? rows : columns; }
  CASTNET_HOST_DEVICE std::size_t longer() const { return rows < columns ? columns : rows; }

  /// Where element i of the group lies.
  CASTNET_HOST_DEVICE std::size_t place(std::size_t i) const {
    return rows != 0 && rows < columns ? i % columns * rows + i / columns : i;
  }

  /// The factor that makes steps of matrices of all shapes alike large.
  CASTNET_HOST_DEVICE double scale() const {
    return rows > columns ? std::sqrt(double(rows) / double(columns)) : 1;
  }
};

}  // namespace castnet
