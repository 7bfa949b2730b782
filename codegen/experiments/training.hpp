// The trainings of a comparison.
#pragma once

#include <cstddef>
#include <vector>

#include "castnet_shared/folder.hpp"
#include "experiments/planned_runs.hpp"

namespace castnet::codegen {

/// Waits until no training writes into the directory of any of the runs, and says for which: those
/// of a comparison that was killed first save their state. Throws FileError.
void wait_for_writers(const std::vector<PlannedRun>& runs);

struct Trained {
  bool interrupted = false;
  std::size_t failed = 0;  ///< runs
};

/// Trains what is not finished, several at a time, and updates the states. Says what it does, and
/// why runs fail.
Trained train_all(const Folder& out, const CompareOptions& options,
                  const std::vector<Contender>& contenders, std::vector<PlannedRun>& runs);

}  // namespace castnet::codegen
