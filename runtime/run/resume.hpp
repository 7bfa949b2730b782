// What --resume goes on from.
#pragma once

#include <optional>
#include <string>

#include "run/checkpoint.hpp"
#include "run/run_directory.hpp"

namespace castnet {

/// The run that a run directory holds.
struct FoundRun {
  std::optional<SafeTensors> state;     ///< without one it starts from the beginning
  std::optional<RunIdentity> identity;  ///< nothing where there is no run
  bool failed_by_loss = false;
  std::vector<std::string> changed;  ///< files of a finished run, since then
};

/// Looks for it. A run that ended before its first state, however it ended, is one without a state.
/// Throws FileError, and CheckpointError if the folder has results and no state to go with them.
FoundRun find_run(const RunDirectory& directory);

/// The builds of a run that goes on with `state` in this one: the state's, and where this is
/// another than the last, this one. That throws MismatchError unless it is `allowed`.
std::vector<BuildSpan> continued_builds(const TrainingState& state, const Notes& build,
                                        bool allowed, const std::string& file);

}  // namespace castnet
