// Which convolutions the cpu target computes by Winograd's algorithm.
#pragma once

#include <optional>

#include "ir/graph.hpp"

namespace castnet::codegen::cpu {

/// Outputs of a tile of Winograd's algorithm, along one axis.
inline constexpr int kWinogradTile = 4;

/// Whether Winograd's algorithm computes it.
bool uses_winograd(const Conv& conv, const Shape& in, const Shape& out);

/// The convolution of dy that is the gradient of the input where the stride is 1; nothing where
/// there is none.
std::optional<Conv> transposed(const Conv& conv);

}  // namespace castnet::codegen::cpu
