// Which runs a report is over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace castnet::codegen {

/// What a report cannot be made of: the message names the file or folder and says what to do.
class ReportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A run directory.
struct FoundRun {
  std::filesystem::path folder;
  std::string label;                  ///< of its variant in a comparison; empty: a run by itself
  std::optional<std::uint64_t> seed;  ///< N of COMPARISON/LABEL/seed-N; nothing: a run by itself
  std::optional<double> target;       ///< the comparison's accuracy in percent

  bool compared() const { return seed.has_value(); }
  std::filesystem::path comparison() const { return folder.parent_path().parent_path(); }
};

/// The runs that are meant: each folder is a run directory or that of a comparison, whose runs come
/// in the order of its table, by seed. Runs of earlier comparisons in the folder are left out, and
/// told on standard error. Symbolic links are followed to the folders given, and not in them.
/// Throws ReportError, or FileError where a folder cannot be read.
std::vector<FoundRun> find_runs(const std::vector<std::string>& folders);

}  // namespace castnet::codegen
