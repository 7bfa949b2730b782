// GPU architectures to compile for, in nvcc's numbers: 90 is compute capability 9.0.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace castnet::codegen {

/// Architectures of other machines' GPUs; empty: that of this machine's GPU.
using Architectures = std::vector<std::string>;

/// The reason why this castnet cannot compile for them, and what to do; nothing if it can, or has
/// no CUDA at all.
std::optional<std::string> why_not_for(const Architectures& architectures);

/// nvcc's flags for machine code of each architecture.
std::vector<std::string> architecture_flags(const Architectures& architectures);

}  // namespace castnet::codegen
