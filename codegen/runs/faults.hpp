// Checks that a run's files belong together.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "castnet_shared/folder.hpp"

namespace castnet::codegen {

/// The result of the check.
struct RunFaults {
  bool checked = false;  ///< whether the run has check sums; runs of earlier castnets have none
  std::vector<std::string> changed;  ///< files that were changed or removed since the run ended
  /// Whether the last link of its trail follows from run.json and metrics.csv.
  bool trail_leads = true;

  bool none() const { return changed.empty() && trail_leads; }
};

/// Checks a finished run. Throws FileError if SHA256SUMS is missing or damaged.
RunFaults faults_of(const Folder& run, const nlohmann::json& run_json);

/// The faults as text: "metrics.csv was changed since the run ended", …; `run` is the name of the
/// folder.
std::string to_text(const RunFaults& faults, const std::string& run);

}  // namespace castnet::codegen
