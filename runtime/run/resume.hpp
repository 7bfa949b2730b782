// The state from which --resume continues.
#pragma once

#include <optional>
#include <string>

#include "run/checkpoint.hpp"
#include "run/run_directory.hpp"

namespace castnet {

/// The run that a run directory holds.
struct FoundRun {
  std::optional<SafeTensors> state;     ///< if missing, the run starts from the beginning
  std::optional<RunIdentity> identity;  ///< nothing if there is no run
  bool failed_by_loss = false;
  std::vector<std::string> changed;  ///< files of a finished run that were changed since
};

/// Looks for a run. A run that ended before its first state has no state. Throws FileError, and
/// CheckpointError if the folder has results without a state.
FoundRun find_run(const RunDirectory& directory);

/// The builds of a run that continues from `state` with this one: the state's, and this one if it
/// differs from the last. In that case throws MismatchError unless it is `allowed`.
std::vector<BuildSpan> continued_builds(const TrainingState& state, const Notes& build,
                                        bool allowed, const std::string& file);

}  // namespace castnet
