#include "run/early_stopping.hpp"

namespace castnet {
namespace {

using Metric = EarlyStoppingRecipe::Metric;

/// The metric's value, negated where more is better.
double cost(Metric metric, const EpochRow& row) {
  switch (metric) {
    case Metric::test_loss:
      return row.test_loss;
    case Metric::test_accuracy:
      return -row.test_accuracy;
    case Metric::train_loss:
      return row.train_loss;
    case Metric::train_accuracy:
      return -row.train_accuracy;
  }
  return row.test_loss;
}

}  // namespace

std::string_view to_word(Metric metric) {
  switch (metric) {
    case Metric::test_loss:
      return "test_loss";
    case Metric::test_accuracy:
      return "test_accuracy";
    case Metric::train_loss:
      return "train_loss";
    case Metric::train_accuracy:
      return "train_accuracy";
  }
  return "";
}

bool improves(const EarlyStoppingRecipe& stopping, const EpochRow& best, const EpochRow& now) {
  return cost(stopping.metric, now) < cost(stopping.metric, best) - stopping.min_change;
}

bool out_of_patience(const EarlyStoppingRecipe& stopping, const TrainingState& state) {
  const auto waited = std::ssize(state.rows) - state.best_epoch;
  return watches(stopping) && waited >= stopping.patience;
}

bool stopped_early(const EarlyStoppingRecipe& stopping, const RunIdentity& identity,
                   const TrainingState& state) {
  return out_of_patience(stopping, state) && std::ssize(state.rows) < identity.epochs;
}

const EpochRow& reported_epoch(const EarlyStoppingRecipe& stopping, const TrainingState& state) {
  return watches(stopping) ? best_epoch(state) : state.rows.back();
}

}  // namespace castnet
