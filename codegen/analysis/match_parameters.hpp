// Widths that give a spec a wanted number of parameters.
#pragma once

#include <cstdint>
#include <string>

#include "ir/spec.hpp"

namespace castnet::codegen {

/// A number of trainable parameters. The result should have `wanted` parameters, and must have from
/// `least` to `most`.
struct ParameterRange {
  std::int64_t least = 0;
  std::int64_t wanted = 0;
  std::int64_t most = 0;
  bool holds(std::int64_t parameters) const { return least <= parameters && parameters <= most; }
};

struct ParameterMatch {
  Spec spec;  ///< the spec, with other output channels and no other change
  std::int64_t parameters = 0;
  bool found = false;  ///< if false, `spec` is the nearest that was found
};

/// Widens or narrows a spec that compiles. The output of the last layer with a width (the
/// classifier) stays. Both ends of a skip connection without a projection keep equal widths, and
/// the groups of convolutions and of group norm still divide their widths. A spec in the range is
/// left alone. Otherwise all widths are scaled by one factor, the largest that does not exceed
/// `wanted`. Then single widths are changed by a step until the range is reached. Each time this is
/// the step that comes nearest to `wanted` (the first of equals), or a pair of neighbours is
/// changed in opposite directions.
ParameterMatch match_parameters(const Spec& spec, const ParameterRange& range);

/// The spec's layers as tokens with all widths: "C1:16 P1 GAP c2:10".
std::string layers_text(const Spec& spec);

}  // namespace castnet::codegen
