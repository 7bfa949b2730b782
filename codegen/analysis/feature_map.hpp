// The last feature map: what Grad-CAM looks at.
#pragma once

#include <optional>
#include <string>

#include "ir/plan.hpp"

namespace castnet::codegen {

/// The output of the last operation that leaves an image more than one pixel, and its gradient.
struct FeatureMap {
  int node = 0;
  int values = 0;         ///< buffer
  int gradient = 0;       ///< buffer
  int values_from = 0;    ///< the operation after which the values lie there
  int gradient_from = 0;  ///< the operation after which the gradient lies there, whole
  /// What comes behind it whose backward does not give the gradient of evaluation, in words; else
  /// empty.
  std::string obstacle;
};

/// Nothing where the images themselves go straight into what leaves one pixel.
std::optional<FeatureMap> feature_map(const Plan& plan);

}  // namespace castnet::codegen
