// Widths that give a spec a wanted number of parameters.
#pragma once

#include <cstdint>
#include <string>

#include "ir/spec.hpp"

namespace castnet::codegen {

/// Trainable parameters: as many as `wanted` if that can be, at any rate from `least` to `most`.
struct ParameterRange {
  std::int64_t least = 0;
  std::int64_t wanted = 0;
  std::int64_t most = 0;
  bool holds(std::int64_t parameters) const { return least <= parameters && parameters <= most; }
};

struct ParameterMatch {
  Spec spec;  ///< with other output channels, and nothing else changed
  std::int64_t parameters = 0;
  bool found = false;  ///< false: `spec` is the nearest that there is
};

/// Widens or narrows a spec that compiles. What stays: the output of the last layer with a width
/// (the classifier), equal widths on both ends of a skip connection without a projection, and
/// whatever must divide a width (groups of convolutions and of group norm). A spec in the range
/// already is left alone; else all widths are scaled by one factor, the largest that does not
/// exceed `wanted`, and then single ones are stepped towards `wanted`, each time that which comes
/// nearest (the first of equals), or two neighbours against each other, until the range is reached.
ParameterMatch match_parameters(const Spec& spec, const ParameterRange& range);

/// The spec's layers as tokens, each width given: "C1:16 P1 GAP c2:10".
std::string layers_text(const Spec& spec);

}  // namespace castnet::codegen
