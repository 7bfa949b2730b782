// Differences between the two targets' tensors, in units that separate rounding from errors.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/program.hpp"

namespace castnet::cuda {

inline std::span<const Real> values_of(const TensorInfo& tensor, std::span<const Real> all) {
  return all.subspan(tensor.offset, tensor.elements);
}

/// The largest absolute value.
double magnitude(std::span<const Real> values);

/// The magnitude of the terms of the values of `tensor`, one of `tensors`, if these may cancel
/// until only rounding is left; 0 if they do not.
using Least = double (*)(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
                         std::span<const Real> all);
double nothing(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
               std::span<const Real> all);
/// For gradients it is the largest gradient of the layer. A norm removes the gradient of a bias
/// before it.
double of_layer(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
                std::span<const Real> all);
/// For running means it is the std. The mean after another norm is zero.
double of_norm(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
               std::span<const Real> all);

/// Compares the named tensors of one step and keeps their differences.
class Differences {
 public:
  /// More than `tolerance` ULP is not rounding. With `verbose`, each comparison gets a line.
  Differences(double tolerance, bool verbose, int step)
      : tolerance_(tolerance), verbose_(verbose), step_(step) {}

  /// Differences are in ULP of the largest expected value, or of `least` if that is more. If both
  /// are 0, each difference is infinite. Differences between numbers below the smallest normal
  /// number do not count, as a target may flush them to 0. A few elements of a gradient may differ
  /// at kinks and ties.
  void compare(const std::string& name, std::span<const Real> expected,
               std::span<const Real> actual, std::span<const int> shape, bool gradient,
               double least = 0);

  const std::string& text() const { return text_; }
  int compared() const { return compared_; }
  int differing() const { return differing_; }
  double worst() const { return worst_; }  ///< ULP
  /// Whether rounding at kinks and ties can explain all differences: it changes only gradients.
  bool may_be_kinks() const { return differing_ > 0 && only_gradients_; }

 private:
  double tolerance_;
  bool verbose_;
  int step_;
  std::string text_;  ///< one line for each tensor that differs
  int compared_ = 0;
  int differing_ = 0;
  double worst_ = 0;
  bool only_gradients_ = true;
};

}  // namespace castnet::cuda
