// A run's trail: a chain of hashes from the run's settings to its last epoch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace castnet::report {

/// The settings of a run, from run.json.
struct TrailFacts {
  /// A build that trained from this epoch on (from 1).
  struct Build {
    int from_epoch = 1;
    std::string text;  ///< compact JSON, keys in order
  };

  std::string name, variant, spec_sha256, data_sha256, target, number_type;
  std::uint64_t seed = 0;
  int epochs = 0;
  std::vector<Build> builds;
};

/// One link for each epoch of `metrics_csv`, in hexadecimal. The first epoch's link is the SHA-256
/// of "FACTS\nBUILD\nROW", and a later one's that of "PREVIOUS LINK\nBUILD\nROW". FACTS are the
/// strings above, seed and epochs, joined by line breaks in this order. ROW is the epoch's line
/// without `seconds` and `images_per_second`. So the last link stands for the whole run. Throws
/// std::runtime_error if the text is not a metrics.csv.
std::vector<std::string> trail(const TrailFacts& facts, std::string_view metrics_csv);

}  // namespace castnet::report
