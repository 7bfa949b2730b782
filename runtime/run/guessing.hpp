// What guessing gives, and how a run stands beside it: whether its training diverges or learns
// nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "core/program.hpp"
#include "data/data_set.hpp"
#include "report/metrics.hpp"

namespace castnet {

/// The loss of a network that gives each class the same probability: ln(classes), whatever
/// distribution its output is compared with, so with label smoothing and mixup, too. Penalties on
/// the weights are no part of any loss that a run tells.
double guessing_loss(int classes);

/// The accuracy, in percent, of naming the most frequent class for every image of the set.
double guessing_accuracy(const DataSet& set);

/// A loss beyond this many times that of guessing: even a network that is sure of itself and wrong
/// comes back from less.
inline constexpr double kFarAbove = 5;
bool far_above_guessing(double loss, int classes);

/// Whether the training had diverged when this epoch ended: its training loss and its test loss are
/// both far above that of guessing.
bool diverged(const EpochRow& row, int classes);

/// Two standard deviations of the accuracy, in percent, that guesses as good as that have by
/// chance.
double guessing_margin(const DataSet& set);

/// Whether guessing could have this accuracy, in percent.
bool no_better_than_guessing(double accuracy, const DataSet& set);

/// Tells when the training loss begins to stand far above that of guessing. It has to do so for
/// some steps: the first ones of a run that then learns may well be that bad.
class DivergenceWatch {
 public:
  static constexpr std::uint64_t kSteps = 10;
  explicit DivergenceWatch(int classes) : classes_(classes) {}

  /// Steps in a row, and their mean loss.
  struct Stretch {
    std::uint64_t steps = 0;
    double loss = 0;
  };
  /// `latest` are further steps. Returns those that stand too high, once for each onset: the next
  /// one can come only after as many good steps.
  std::optional<Stretch> begins(const Stretch& latest);

 private:
  int classes_;
  bool far_ = false;  ///< the last steps
  Stretch alike_;     ///< those before them that are as they are, and they
  bool diverging_ = false;
};

}  // namespace castnet
