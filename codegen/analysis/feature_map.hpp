// The last feature map, which Grad-CAM uses.
#pragma once

#include <optional>
#include <string>

#include "ir/plan.hpp"

namespace castnet::codegen {

/// The output of the last operation that leaves an image more than one pixel, and its gradient.
struct FeatureMap {
  int node = 0;
  int values = 0;         ///< index of the buffer
  int gradient = 0;       ///< index of the buffer
  int values_from = 0;    ///< the operation after which it holds the values
  int gradient_from = 0;  ///< the operation after which it holds the whole gradient
  /// The operation after the map, in words, whose backward does not give the gradient of
  /// evaluation; empty if there is none.
  std::string obstacle;
};

/// Returns nothing if the images go straight into an operation that leaves one pixel.
std::optional<FeatureMap> feature_map(const Plan& plan);

}  // namespace castnet::codegen
