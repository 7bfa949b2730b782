// What passes ask about convolutions beside what every LayerType tells.
#pragma once

#include "ir/graph.hpp"

namespace castnet::codegen {

/// Whether the cpu target computes it by Winograd's algorithm, in tiles of 4x4 outputs.
bool uses_winograd(const Conv& conv, const Shape& in, const Shape& out);

}  // namespace castnet::codegen
