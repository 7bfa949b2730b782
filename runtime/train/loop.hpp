// The training loop: epochs of shuffled steps, an evaluation after each, state that can be saved
// between any two steps.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "core/program.hpp"
#include "data/data_set.hpp"
#include "run/checkpoint.hpp"
#include "run/guessing.hpp"
#include "train/engine.hpp"
#include "train/evaluate.hpp"
#include "train/progress.hpp"
#include "train/schedule.hpp"

namespace castnet {

/// An error: the loss became infinite or not a number. From the same state, the same steps lead to
/// it again.
class NonFiniteLoss : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The sign of a NaN has no meaning.
inline double unsigned_nan(double loss) { return std::isnan(loss) ? std::abs(loss) : loss; }

/// The events that the loop reports to its owner, who writes files.
struct LoopEvents {
  StopHook stop;  ///< called after each step and before each evaluation batch; may be empty
  /// After an epoch: its row is in state.rows and the next epoch has begun in `state`.
  std::function<void(const TrainingState& state, bool best)> epoch_done;
};

/// Trains a program on a split. The program, split and progress must outlive it.
/// An epoch is floor(training images / batch) full batches. The remaining images, which are others
/// in each epoch, are left out. The best epoch is the last that improved the metric of early
/// stopping. Without early stopping it is the one with the most correct test images, then with the
/// lowest test loss, then the first.
class TrainingLoop {
 public:
  /// Throws DataError if the split's shapes or classes are not the program's, or it is smaller than
  /// a batch.
  TrainingLoop(Program& program, const Split& split, const RunIdentity& identity,
               Progress& progress);

  /// Trains from `state` to the end: all epochs, or early. Returns false if `events.stop` ended it:
  /// `state()` and the program then continue to the same bits. Throws NonFiniteLoss: after the
  /// step, or where steps are not waited for, after the epoch. Steps allocate nothing.
  bool run(const LoopEvents& events);

  /// Evaluates the whole test set with the program's evaluated weights.
  Evaluation evaluate_test();

  const TrainingState& state() const { return state_; }
  /// Continues from a saved state. Throws CheckpointError if it contradicts the run or itself.
  void restore(TrainingState state);

  /// Whether the training is complete: all epochs are done, or early stopping has ended it.
  bool finished() const;

  const RunLength& length() const { return length_; }

 private:
  bool run_steps(const StopHook& stop);
  void begin_epoch();
  /// Runs the work and counts its time for the epoch.
  template <class Work>
  void timed(Work work);
  void advance();
  void read_sums();
  void watch_loss(const DivergenceWatch::Stretch& latest);
  [[noreturn]] void fail_training(double loss) const;
  EpochRow epoch_row();
  void finish_epoch(const LoopEvents& events);
  Step step_of(std::uint64_t number) const;
  void report_step();
  double images_so_far() const;

  Program& program_;
  const Split& split_;
  Progress& progress_;
  std::uint64_t seed_;
  std::size_t batch_;
  RunLength length_;
  std::unique_ptr<Engine> engine_;
  TrainingState state_;
  std::uint64_t summed_ = 0;  ///< number of the epoch's steps that are in the state's sums
  DivergenceWatch watch_;
  std::vector<Step> steps_;  ///< of the epoch
  Evaluation evaluation_;
};

/// Throws DataError if the split does not fit the program: shape, classes, at least one batch.
void check_fits(const Split& split, const ProgramInfo& info);

}  // namespace castnet
