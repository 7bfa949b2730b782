// What passes ask about convolutions beside what every LayerType tells.
#pragma once

#include "ir/graph.hpp"

namespace castnet::codegen {

/// Outputs of a tile of Winograd's algorithm, along one axis.
inline constexpr int kWinogradTile = 4;

/// Whether the cpu target computes it by Winograd's algorithm.
bool uses_winograd(const Conv& conv, const Shape& in, const Shape& out);

}  // namespace castnet::codegen
