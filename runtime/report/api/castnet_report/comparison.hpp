// What the program castnet shows of finished runs: all that it takes from the runtime. Plain
// values, and no other header of castnet.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castnet::report {

/// One epoch's figures: losses in nats an image, accuracies in percent.
struct Epoch {
  double train_loss = 0;
  double train_accuracy = 0;
  double test_loss = 0;
  double test_accuracy = 0;
  double seconds = 0;  ///< spent on training steps
};

/// One training, an element an epoch.
using Run = std::vector<Epoch>;

/// Reads a run's metrics.csv. Throws std::runtime_error on anything else.
Run read_run(std::string_view metrics_csv);

/// Some values' mean, and their sample deviation (with n - 1 in the denominator; 0 for one value).
struct Spread {
  double mean = 0;
  double deviation = 0;
  std::size_t count = 0;  ///< 0: there is neither
  bool operator==(const Spread&) const = default;
};
Spread spread(std::span<const double> values);

/// One variant's figures over its runs.
struct Results {
  Spread best_accuracy;  ///< each run's highest test accuracy, in percent
  Spread last_accuracy;  ///< after each run's last epoch
  Spread last_loss;      ///< on the test set, likewise
  /// The first epoch with a test accuracy of at least the target, of the runs that have one.
  Spread epochs_to_target;
  Spread seconds;  ///< each run's sum
};

/// `target` is in percent. Runs have an epoch or more.
Results results(std::span<const Run> runs, double target);

/// What a chart shows.
enum class Quantity { loss, accuracy };

/// One variant: a line for the training set (dashed) and one for the test set (solid).
struct Series {
  std::string name;
  std::vector<Run> runs;  ///< one a seed
};

/// A PNG file: the quantity's mean over the runs of each series, over the epochs, with a band of
/// one sample deviation on both sides of the test curve. An epoch's mean is of the runs that have
/// it.
std::string comparison_png(const std::string& title, Quantity quantity,
                           std::span<const Series> series);

}  // namespace castnet::report
