// A finished training once more, to see that it gives the same bits.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/program.hpp"
#include "data/data_set.hpp"
#include "report/metrics.hpp"
#include "run/run_json.hpp"
#include "train/progress.hpp"

namespace castnet {

/// A run that was made, and its epochs' figures.
struct ReplayedRun {
  RunRecord record;
  std::vector<EpochRow> rows;
};

/// Reads a run directory's run.json and metrics.csv. Throws FileError and CheckpointError, with the
/// file's name, also where a finished run's file is no longer what it was.
ReplayedRun read_replayed(const std::filesystem::path& run);

/// What, besides seed and number of epochs, makes a run another than one with this identity; empty:
/// nothing.
std::string why_other_run(const RunRecord& record, const RunIdentity& identity);

/// Epochs from 1, both ends included.
struct EpochRange {
  int first = 1, last = 1;
};

/// "A:B", "A:", ":B" or "A" of a run of so many epochs. Throws std::runtime_error otherwise.
EpochRange parse_epochs(const std::string& text, std::size_t epochs);

struct ReplayResult {
  bool interrupted = false;
  int compared = 0;        ///< epochs
  std::string difference;  ///< of the first epoch that has one, both figures; empty: none
};

/// Trains `program` from the beginning to the range's last epoch and compares the rows of the
/// epochs in the range, their times aside. Ends at the first difference, and when `stop` says so.
/// Throws what a TrainingLoop throws.
ReplayResult replay(Program& program, const Split& split, const ReplayedRun& run,
                    const EpochRange& range, Progress& progress, const std::function<bool()>& stop);

}  // namespace castnet
