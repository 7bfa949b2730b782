// A program's values at the start of a run.
#pragma once

#include <cstdint>

#include "core/program.hpp"

namespace castnet {

/// Sets parameters and buffers from their TensorInfo and clears the optimiser's state.
/// Element i of tensor t (parameters first, then buffers) is centre + bound·(2u - 1) with
/// u = uniform(philox({i / 4, t, 0, initialise}, seed)[i % 4]); exactly centre where bound is 0.
void initialise(Program& program, std::uint64_t seed);

}  // namespace castnet
