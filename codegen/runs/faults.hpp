// Whether a run's files belong together.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "castnet_shared/folder.hpp"

namespace castnet::codegen {

/// What is known of it.
struct RunFaults {
  bool checked = false;  ///< the run has check sums, as those of earlier castnets have not
  std::vector<std::string> changed;  ///< files that are others than when it ended, or are missing
  /// Whether the last link of its trail follows from run.json and metrics.csv.
  bool trail_leads = true;

  bool none() const { return changed.empty() && trail_leads; }
};

/// Of a finished run. Throws FileError where SHA256SUMS is missing or damaged.
RunFaults faults_of(const Folder& run, const nlohmann::json& run_json);

/// "metrics.csv was changed since the run ended", …; `run` is how the folder is called.
std::string to_text(const RunFaults& faults, const std::string& run);

}  // namespace castnet::codegen
