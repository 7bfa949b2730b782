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

/// The loss became infinite or not a number. From the same state, the same steps give it again.
class NonFiniteLoss : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A NaN's sign says nothing.
inline double unsigned_nan(double loss) { return std::isnan(loss) ? std::abs(loss) : loss; }

/// What the loop tells its owner, who writes files.
struct LoopEvents {
  StopHook stop;  ///< asked after each step and before each evaluation batch; may be empty
  /// After an epoch: its row is in state.rows and the next epoch has begun in `state`.
  std::function<void(const TrainingState& state, bool best)> epoch_done;
};

/// Trains a program on a split. The program, split and progress outlive it.
///
/// An epoch is floor(training images / batch) full batches; the images left over are dropped (they
/// are others each epoch). The best epoch is the last that improved the metric of early stopping;
/// without early stopping it has the most correct test images, then the lowest test loss, then
/// comes first.
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

  /// Whether nothing is left to train: all epochs are done, or early stopping's patience is.
  bool finished() const;

  const RunLength& length() const { return length_; }

 private:
  bool run_steps(const StopHook& stop);
  void begin_epoch();
  /// Does the work, whose seconds are the epoch's.
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
  std::uint64_t summed_ = 0;  ///< of the epoch's steps, those in the state's sums
  DivergenceWatch watch_;
  std::vector<Step> steps_;  ///< of the epoch
  Evaluation evaluation_;
};

/// Throws DataError if the split does not fit the program: shape, classes, at least one batch.
void check_fits(const Split& split, const ProgramInfo& info);

}  // namespace castnet
