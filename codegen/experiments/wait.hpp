// Trainings that still write where a comparison is to.
#pragma once

#include <vector>

#include "experiments/planned_runs.hpp"

namespace castnet::codegen {

/// Waits until no training writes into the directory of any of the runs, and says for which: those
/// of a comparison that was killed first save their state. Throws FileError.
void wait_for_writers(const std::vector<PlannedRun>& runs);

}  // namespace castnet::codegen
