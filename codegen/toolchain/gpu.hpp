// Checks whether there is a GPU. It asks the driver at run time, so castnet itself needs no part of
// CUDA.
#pragma once

#include <optional>
#include <string>

namespace castnet::codegen {

/// The reason why no CUDA device can be used here, in the driver's words; nothing if one can be
/// used.
std::optional<std::string> why_no_gpu();

}  // namespace castnet::codegen
