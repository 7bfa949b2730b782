// Is there a GPU? Asked of the driver at run time, so that castnet itself needs none of CUDA.
#pragma once

#include <optional>
#include <string>

namespace castnet::codegen {

/// Why no CUDA device can be used here, in the driver's words; nothing if one can.
std::optional<std::string> why_no_gpu();

}  // namespace castnet::codegen
