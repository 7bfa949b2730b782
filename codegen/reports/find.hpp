// Finds the runs of a report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace castnet::codegen {

/// An error in the input of a report. The message names the file or folder and says what to do.
class ReportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A run directory.
struct FoundRun {
  std::filesystem::path folder;
  std::string label;  ///< label of its variant in a comparison; empty for a single run
  std::optional<std::uint64_t> seed;  ///< N of COMPARISON/LABEL/seed-N; nothing for a single run
  std::optional<double> target;       ///< the comparison's accuracy in percent

  bool compared() const { return seed.has_value(); }
  std::filesystem::path comparison() const { return folder.parent_path().parent_path(); }
};

/// Returns the runs of the given folders. Each folder is a run directory or the folder of a
/// comparison, whose runs come in the order of its table, by seed. Runs of earlier comparisons are
/// left out, and a message on standard error names them. The given folders may be symbolic links,
/// but links inside of them are not followed. Throws ReportError, or FileError if a folder cannot
/// be read.
std::vector<FoundRun> find_runs(const std::vector<std::string>& folders);

}  // namespace castnet::codegen
