// The part of the runtime that the program castnet uses to show finished runs. It consists of plain
// values, and includes no other header of castnet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castnet::report {

/// One epoch's figures: losses in nats per image, accuracies in percent.
struct Epoch {
  double train_loss = 0;
  double train_accuracy = 0;
  double test_loss = 0;
  double test_accuracy = 0;
  double seconds = 0;  ///< spent on training steps
};

/// One training, with an element for each epoch.
using Run = std::vector<Epoch>;

/// Reads a run's metrics.csv, which ends with the epoch whose weights have this SHA-256. Throws
/// std::runtime_error on any other text: without all epochs, with figures that are not finite, or
/// of another run.
Run read_run(std::string_view metrics_csv, std::string_view last_weights_sha256);

/// The mean of some values, and their sample std (with n - 1 in the denominator; 0 for one value).
struct Spread {
  double mean = 0;
  double std = 0;
  std::size_t count = 0;  ///< 0: there is no mean and no std
  bool operator==(const Spread&) const = default;
};
Spread spread(std::span<const double> values);

/// One variant's figures over its runs.
struct Results {
  Spread best_accuracy;  ///< each run's highest test accuracy, in percent
  Spread last_accuracy;  ///< after each run's last epoch
  Spread last_loss;      ///< on the test set, likewise
  /// The first epoch with a test accuracy of at least the target, over the runs that have one.
  Spread epochs_to_target;
  Spread seconds;  ///< each run's sum
};

/// `target` is in percent. Runs have an epoch or more.
Results results(std::span<const Run> runs, double target);

/// The quantity that a chart shows.
enum class Quantity { loss, accuracy };

/// One variant: a line for the training set (dashed) and one for the test set (solid).
struct Series {
  std::string name;
  std::vector<Run> runs;           ///< one for each seed
  std::string evaluated = "test";  ///< the name of its test images, which may be held out
};

/// A series in the form that a chart shows.
struct ChartLines {
  std::string name;
  std::uint32_t colour = 0;   ///< 0xRRGGBB
  int mark = 0;               ///< sides of the marks on the curve, from 3; 0: round
  std::string evaluated;      ///< that of the series
  std::size_t runs = 0;       ///< number of runs; a band shows the std of more than one
  std::vector<Spread> train;  ///< one element for each epoch, over the runs that have it
  std::vector<Spread> test;
  std::string last_train;  ///< "85.10 ± 0.21 %"; empty without a run
  std::string last_test;
};

/// One quantity of all series over the epochs.
struct Chart {
  std::string axis;  ///< "accuracy (%)"
  double most = 0;   ///< largest possible value; the smallest is 0
  double shown = 0;  ///< the most that the axis covers, unless all values are above it
  std::vector<ChartLines> series;
};

/// The colours are M. Okabe and K. Ito's palette, which colour-blind readers can tell apart. If
/// there are more series, the colours repeat with other marks.
Chart chart_of(Quantity quantity, std::span<const Series> series);

/// The edge of the band: this number of stds from the mean, within the quantity's range.
double band_edge(const Chart& chart, const Spread& spread, double stds);

/// The chart as a PNG file. A band of one sample std lies on both sides of the test curve.
std::string comparison_png(const std::string& title, Quantity quantity,
                           std::span<const Series> series);

}  // namespace castnet::report
