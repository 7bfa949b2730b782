// Memory that the cuda target's kernels need meanwhile.
#pragma once

#include "ir/plan.hpp"

namespace castnet::codegen::cuda {

/// Gives every operation that reduces over images the buffer in which its kernel leaves partial
/// sums, so that they are added up in a fixed order (castnet_shared/shapes.hpp says how many).
Plan add_scratch(Plan plan);

}  // namespace castnet::codegen::cuda
