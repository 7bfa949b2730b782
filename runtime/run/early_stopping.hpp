// Early stopping: chooses the best epoch, the end of a run, and the reported epoch.
#pragma once

#include <string_view>

#include "core/program.hpp"
#include "report/metrics.hpp"
#include "run/checkpoint.hpp"

namespace castnet {

/// Whether a run watches a metric.
inline bool watches(const EarlyStoppingRecipe& stopping) { return stopping.patience > 0; }

/// The metric's column in metrics.csv.
std::string_view to_word(EarlyStoppingRecipe::Metric metric);

/// Whether `now` is better than `best` by more than `min_change` (in the column's unit; losses
/// fall, accuracies rise), as Keras's EarlyStopping defines an improvement.
bool improves(const EarlyStoppingRecipe& stopping, const EpochRow& best, const EpochRow& now);

/// Whether the finished epochs since the best one have used up the patience.
bool out_of_patience(const EarlyStoppingRecipe& stopping, const TrainingState& state);

/// Whether the run ended early for that reason.
bool stopped_early(const EarlyStoppingRecipe& stopping, const RunIdentity& identity,
                   const TrainingState& state);

/// The epoch whose weights the final figures and reports show: the best one if the run watches a
/// metric, else the last. At least one epoch must be finished.
const EpochRow& reported_epoch(const EarlyStoppingRecipe& stopping, const TrainingState& state);

}  // namespace castnet
