// A program's values at the start of a run.
#pragma once

#include <cstdint>

#include "core/program.hpp"

namespace castnet {

/// Sets parameters and running statistics from their TensorInfo; clears the optimiser's state and
/// the averages.
///
/// uniform: element i of tensor t (parameters first, then running statistics) is
/// centre + bound·(2u - 1) with u = uniform(philox({i / 4, t, 0, initialise}, seed)[i % 4]);
/// exactly centre where bound is 0.
///
/// dirac: weights [O, I, k, k] start as uniform ones; then filter o becomes 1 at [o, o, k/2, k/2]
/// and 0 elsewhere for each o < min(O, I): torch.nn.init.dirac_, which zeroes the other filters.
/// The number of groups is not known here. I = 1 is taken for a depthwise convolution, each filter
/// of which becomes 1 at its centre, unless it is the first convolution on one-channel images. With
/// other groups, only the first I filters change: the first group's as dirac_'s with groups.
void initialise(Program& program, std::uint64_t seed);

/// The same as initialise, but dirac weights stay uniform, too.
void initialise_uniform(Program& program, std::uint64_t seed);

}  // namespace castnet
