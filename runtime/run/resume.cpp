#include "run/resume.hpp"

#include <fmt/format.h>

namespace castnet {

FoundRun find_run(const RunDirectory& directory) {
  const auto record = directory.record();
  FoundRun found;
  found.failed_by_loss = record && record->failed_by_loss;
  if (record && record->finished) found.changed = directory.changed();
  if (record && !record->saved) {
    found.identity = record->identity;
    return found;
  }
  if (directory.holds_state()) {
    found.state = directory.read_state();
    found.identity = stored_identity(*found.state, directory.last().string());
    return found;
  }
  if (!directory.holds_run()) return found;
  throw CheckpointError(
      fmt::format("{} holds results but no {}; restore it, or start without --resume",
                  directory.path().string(), RunDirectory::kLast));
}

std::vector<BuildSpan> continued_builds(const TrainingState& state, const Notes& build,
                                        bool allowed, const std::string& file) {
  std::vector<BuildSpan> builds = state.builds;
  const Notes before = builds.empty() ? Notes{} : builds.back().build;
  const std::string differences = what_differs(before, build);
  if (differences.empty()) return builds;
  if (!allowed) {
    throw MismatchError(fmt::format(
        "cannot resume: {} was made by another build ({}), whose results may differ in their last "
        "bits; --allow-other-build continues nevertheless, and run.json will list both builds",
        file, differences));
  }
  builds.push_back({static_cast<int>(state.epoch) + 1, build});
  return builds;
}

}  // namespace castnet
