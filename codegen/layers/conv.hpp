// What passes ask about convolutions beside what every LayerType tells.
#pragma once

#include <optional>

#include "ir/plan.hpp"

namespace castnet::codegen {

/// Outputs of a tile of Winograd's algorithm, along one axis.
inline constexpr int kWinogradTile = 4;

/// Whether the cpu target computes it by Winograd's algorithm.
bool uses_winograd(const Conv& conv, const Shape& in, const Shape& out);

/// The convolution of dy that is the gradient of the input where the stride is 1; nothing where
/// there is none.
std::optional<Conv> transposed(const Conv& conv);

/// LayerType::workspace of a convolution, with what is joined to it.
std::int64_t conv_workspace(const Node& node, Action action);

}  // namespace castnet::codegen
