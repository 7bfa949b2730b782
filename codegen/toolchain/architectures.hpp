// Kinds of GPUs to compile for, as nvcc numbers them: 90 is compute capability 9.0.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace castnet::codegen {

/// Of GPUs of other machines; none: the GPU at hand's.
using Architectures = std::vector<std::string>;

/// Why this castnet cannot compile for them, and what to do; nothing if it can, or has no CUDA at
/// all.
std::optional<std::string> why_not_for(const Architectures& architectures);

/// nvcc's flags: machine code for each.
std::vector<std::string> architecture_flags(const Architectures& architectures);

}  // namespace castnet::codegen
