// Compares a run with guessing: whether its training diverges or learns nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "core/program.hpp"
#include "data/data_set.hpp"
#include "report/metrics.hpp"

namespace castnet {

/// The loss of a network that gives each class the same probability: ln(classes). It is the same
/// for every target distribution, so also with label smoothing and mixup. Reported losses do not
/// include penalties on the weights.
double guessing_loss(int classes);

/// The accuracy, in percent, of always predicting the most frequent class of the set.
double guessing_accuracy(const DataSet& set);

/// The factor of guessing's loss beyond which a loss is too high. Even a network that is confident
/// and wrong recovers from a lower loss.
inline constexpr double kFarAbove = 5;
bool far_above_guessing(double loss, int classes);

/// Whether the training had diverged when this epoch ended: its training loss and its test loss are
/// both far above that of guessing.
bool diverged(const EpochRow& row, int classes);

/// Two standard deviations of the accuracy, in percent, of guesses with that expected accuracy.
double guessing_margin(const DataSet& set);

/// Whether this accuracy, in percent, is no better than guessing.
bool no_better_than_guessing(double accuracy, const DataSet& set);

/// Detects that the training loss is far above that of guessing for several steps. Single steps do
/// not count: the first ones of a run that then learns may be that bad.
class DivergenceWatch {
 public:
  static constexpr std::uint64_t kSteps = 10;
  explicit DivergenceWatch(int classes) : classes_(classes) {}

  /// A stretch of steps, and their mean loss.
  struct Stretch {
    std::uint64_t steps = 0;
    double loss = 0;
  };
  /// `latest` are further steps. Returns the steps with too high a loss, once for each onset; the
  /// next onset needs as many good steps before it.
  std::optional<Stretch> begins(const Stretch& latest);

 private:
  int classes_;
  bool far_ = false;  ///< whether the last steps are too high
  Stretch alike_;     ///< the last steps and those before them of the same kind
  bool diverging_ = false;
};

}  // namespace castnet
