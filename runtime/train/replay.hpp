// Repeats a finished training, to check that it gives the same bits.
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

/// A finished run, and its epochs' figures.
struct ReplayedRun {
  RunRecord record;
  std::vector<EpochRow> rows;
};

/// Reads a run directory's run.json and metrics.csv. Throws FileError and CheckpointError, with the
/// file's name, also if a file of a finished run was changed.
ReplayedRun read_replayed(const std::filesystem::path& run);

/// The differences between a run and this identity, besides seed and number of epochs; empty if
/// there are none.
std::string why_other_run(const RunRecord& record, const RunIdentity& identity);

/// Epochs from 1, both ends included.
struct EpochRange {
  int first = 1, last = 1;
};

/// The epochs of "A:B", "A:", ":B" or "A" for a run with this number of epochs. Throws
/// std::runtime_error otherwise.
EpochRange parse_epochs(const std::string& text, std::size_t epochs);

struct ReplayResult {
  bool interrupted = false;
  int compared = 0;        ///< number of compared epochs
  std::string difference;  ///< the first epoch's difference, with both figures; empty: none
};

/// Trains `program` from the beginning to the range's last epoch, and compares the rows of the
/// epochs in the range, without their times. Ends at the first difference, or when `stop` returns
/// true. Throws the exceptions of a TrainingLoop.
ReplayResult replay(Program& program, const Split& split, const ReplayedRun& run,
                    const EpochRange& range, Progress& progress, const std::function<bool()>& stop);

}  // namespace castnet
