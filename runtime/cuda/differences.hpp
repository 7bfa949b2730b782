// What differs between the two targets' tensors, in units that tell rounding from errors.
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

/// What the values of `tensor`, one of `tensors`, are made of, where they may cancel to nothing but
/// rounding: a magnitude; 0: they do not.
using Least = double (*)(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
                         std::span<const Real> all);
double nothing(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
               std::span<const Real> all);
/// Gradients: the largest of the layer. A norm leaves nothing of the gradient of a bias in front.
double of_layer(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
                std::span<const Real> all);
/// Running means: the std. The mean of what another norm has centred is nothing.
double of_norm(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
               std::span<const Real> all);

/// Compares the named tensors of one step and remembers what differs.
class Differences {
 public:
  /// More than `tolerance` ULP is no rounding; `verbose`: each comparison is worth a line.
  Differences(double tolerance, bool verbose, int step)
      : tolerance_(tolerance), verbose_(verbose), step_(step) {}

  /// Differences count in ULP of the largest expected value, or of `least` if that is more; where
  /// both are 0, each is infinite. Those between numbers under the least normal one are none: a
  /// target may take them for 0. Of a gradient's elements a few may differ at kinks and ties.
  void compare(const std::string& name, std::span<const Real> expected,
               std::span<const Real> actual, std::span<const int> shape, bool gradient,
               double least = 0);

  const std::string& text() const { return text_; }
  int compared() const { return compared_; }
  int differing() const { return differing_; }
  double worst() const { return worst_; }  ///< ULP
  /// Nothing differs that rounding cannot explain at kinks and ties: they switch gradients only.
  bool may_be_kinks() const { return differing_ > 0 && only_gradients_; }

 private:
  double tolerance_;
  bool verbose_;
  int step_;
  std::string text_;  ///< one line a tensor that is worth one
  int compared_ = 0;
  int differing_ = 0;
  double worst_ = 0;
  bool only_gradients_ = true;
};

}  // namespace castnet::cuda
