// What the program castnet shows of finished runs: all that it takes from the runtime. Plain
// values, and no other header of castnet.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// Reads a run's metrics.csv, which ends with the epoch whose weights have this SHA-256. Throws
/// std::runtime_error on anything else: one without all of the epochs, with figures that are not
/// finite, or of another run.
Run read_run(std::string_view metrics_csv, std::string_view last_weights_sha256);

/// Some values' mean, and their sample std (with n - 1 in the denominator; 0 for one value).
struct Spread {
  double mean = 0;
  double std = 0;
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
  std::vector<Run> runs;           ///< one a seed
  std::string evaluated = "test";  ///< what its test images are called: they may be held out
};

/// A series as a chart shows it.
struct ChartLines {
  std::string name;
  std::uint32_t colour = 0;   ///< 0xRRGGBB
  int mark = 0;               ///< sides of the marks on the curve, from 3; 0: round
  std::string evaluated;      ///< as the series'
  std::size_t runs = 0;       ///< a band shows the std of more than one
  std::vector<Spread> train;  ///< an element an epoch, of the runs that have it
  std::vector<Spread> test;
  std::string last_train;  ///< "85.10 ± 0.21 %"; empty without a run
  std::string last_test;
};

/// One quantity of all series over the epochs.
struct Chart {
  std::string axis;  ///< "accuracy (%)"
  double most = 0;   ///< that the quantity can be; the least is 0
  double shown = 0;  ///< the most that the axis covers, unless all values are above it
  std::vector<ChartLines> series;
};

/// Colours are of M. Okabe and K. Ito's palette, which colour-blind readers can tell apart; beyond
/// it they come again, with other marks.
Chart chart_of(Quantity quantity, std::span<const Series> series);

/// The band's edge: so many stds from the mean, as far as the quantity goes.
double band_edge(const Chart& chart, const Spread& spread, double stds);

/// The chart as a PNG file: a band of one sample std lies on both sides of the test curve.
std::string comparison_png(const std::string& title, Quantity quantity,
                           std::span<const Series> series);

}  // namespace castnet::report
