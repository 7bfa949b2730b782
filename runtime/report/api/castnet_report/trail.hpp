// A run's trail: a chain of hashes from what the run was made of to its last epoch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace castnet::report {

/// What a run was made of, as run.json tells it.
struct TrailFacts {
  /// A build trains from this epoch on (from 1).
  struct Build {
    int from_epoch = 1;
    std::string text;  ///< compact JSON, keys in order
  };

  std::string name, variant, spec_sha256, data_sha256, target, number_type;
  std::uint64_t seed = 0;
  int epochs = 0;
  std::vector<Build> builds;
};

/// One link an epoch of `metrics_csv`, in hexadecimal. The first epoch's is the SHA-256 of
/// "FACTS\nBUILD\nROW", a later one's that of "PREVIOUS LINK\nBUILD\nROW": FACTS are the strings
/// above, seed and epochs, joined by line breaks in this order; ROW is the epoch's line without
/// `seconds` and `images_per_second`. So a last link stands for all that led to it. Throws
/// std::runtime_error if the text is no metrics.csv.
std::vector<std::string> trail(const TrailFacts& facts, std::string_view metrics_csv);

}  // namespace castnet::report
