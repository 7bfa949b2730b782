// Mean and std, by which pixels are normalised.
#pragma once

#include <vector>

#include "core/program.hpp"
#include "data/data_set.hpp"

namespace castnet {

/// Per channel, for pixels in 0..1: a normalised value is (byte / 255 - mean) / std.
struct Normalisation {
  std::vector<double> mean;
  std::vector<double> std;
};

/// The program's mean and std. If it has none, those of all pixels of the training images (the
/// population's std, from exact counts of bytes). Throws DataError if there is not one per channel,
/// or if a std is not above 0, as for a constant channel.
Normalisation normalisation_of(const ProgramInfo& info, const DataSet& train);

}  // namespace castnet
