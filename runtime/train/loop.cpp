#include "train/loop.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <span>
#include <utility>

#include "castnet_shared/words.hpp"
#include "run/early_stopping.hpp"

namespace castnet {
namespace {

/// Whether the epoch of `row` and `now` is the best so far.
bool better(const EarlyStoppingRecipe& stopping, const EpochRow& row, const Evaluation& now,
            const TrainingState& state) {
  if (state.best_epoch == 0) return true;
  if (watches(stopping)) return improves(stopping, best_epoch(state), row);
  if (now.correct != state.best_correct) return now.correct > state.best_correct;
  return now.loss < state.best_loss;
}

double percent(std::uint64_t part, double whole) {
  return whole > 0 ? 100 * static_cast<double>(part) / whole : 0;
}

}  // namespace

void check_fits(const Split& split, const ProgramInfo& info) {
  for (const DataSet* set : {&split.train, &split.test}) {
    if (set->channels != info.channels || set->height != info.height || set->width != info.width) {
      throw DataError(fmt::format("'{}' has images of {}x{}x{}, the network '{}' takes {}x{}x{}",
                                  split.name, set->channels, set->height, set->width, info.name,
                                  info.channels, info.height, info.width));
    }
  }
  if (std::ssize(split.classes) != info.classes) {
    throw DataError(fmt::format("'{}' has {} classes, the network '{}' has {} outputs", split.name,
                                split.classes.size(), info.name, info.classes));
  }
  if (split.train.size() < static_cast<std::size_t>(info.batch) || split.test.size() == 0) {
    throw DataError(
        fmt::format("'{}' has {} training and {} test images: at least one batch of {} and one "
                    "test image are needed",
                    split.name, split.train.size(), split.test.size(), info.batch));
  }
}

TrainingLoop::TrainingLoop(Program& program, const Split& split, const RunIdentity& identity,
                           Progress& progress)
    : program_(program),
      split_(split),
      progress_(progress),
      seed_(identity.seed),
      batch_(static_cast<std::size_t>(program.info().batch)),
      length_{split.train.size() / batch_, static_cast<std::uint64_t>(identity.epochs)},
      engine_((check_fits(split, program.info()), make_engine(program, split))),
      watch_(program.info().classes),
      steps_(length_.steps_per_epoch),
      evaluation_(split.test.size()) {
  state_.rows.reserve(length_.epochs);
}

void TrainingLoop::restore(TrainingState state) {
  const std::uint64_t expected = state.epoch * length_.steps_per_epoch + state.position;
  if (state.epoch > length_.epochs || state.position > length_.steps_per_epoch ||
      state.step != expected || state.rows.size() != state.epoch ||
      (state.best_epoch == 0) != state.rows.empty() ||
      static_cast<std::size_t>(state.best_epoch) > state.rows.size()) {
    throw CheckpointError(fmt::format(
        "the saved state (epoch {}, position {}, step {}, {} rows, best epoch {}) does not fit a "
        "run of {} of {}",
        state.epoch, state.position, state.step, state.rows.size(), state.best_epoch,
        counted(length_.epochs, "epoch"), counted(length_.steps_per_epoch, "step")));
  }
  state_ = std::move(state);
}

Step TrainingLoop::step_of(std::uint64_t number) const {
  return {.seed = seed_,
          .epoch = state_.epoch,
          .number = number,
          .learning_rate = learning_rate(program_.info().recipe.schedule, number - 1, length_)};
}

double TrainingLoop::images_so_far() const { return static_cast<double>(state_.position * batch_); }

void TrainingLoop::begin_epoch() {
  const std::uint64_t before = state_.epoch * length_.steps_per_epoch;
  for (std::size_t i = 0; i < steps_.size(); ++i) steps_[i] = step_of(before + i + 1);
  summed_ = state_.position;
  engine_->begin_epoch(steps_, state_.position, {state_.loss_sum, state_.correct});
}

template <class Work>
void TrainingLoop::timed(Work work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  state_.seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

void TrainingLoop::advance() {
  const std::size_t steps = engine_->advance();
  state_.step += steps;
  state_.position += steps;
  if (engine_->immediate() || state_.position == length_.steps_per_epoch) read_sums();
}

void TrainingLoop::fail_training(double loss) const {
  // If steps are not waited for, it may have been any step since the sums were last read.
  throw NonFiniteLoss(fmt::format(
      "the training loss is {} in epoch {}, {} step {} (learning rate {:.4g}); lower the learning "
      "rate, or check the augmentation and normalisation",
      unsigned_nan(loss), state_.epoch + 1, state_.position == summed_ + 1 ? "at" : "at or before",
      state_.step, step_of(state_.step).learning_rate));
}

void TrainingLoop::read_sums() {
  const TrainingSums sums = engine_->sums();
  if (!std::isfinite(sums.loss)) fail_training(sums.loss);
  const std::uint64_t steps = state_.position - summed_;
  const double added = sums.loss - state_.loss_sum;
  state_.loss_sum = sums.loss;
  state_.correct = sums.correct;
  summed_ = state_.position;
  if (steps > 0) watch_loss({steps, added / static_cast<double>(steps * batch_)});
}

void TrainingLoop::watch_loss(const DivergenceWatch::Stretch& latest) {
  const auto high = watch_.begins(latest);
  if (!high) return;
  const int classes = program_.info().classes;
  progress_.warning(fmt::format(
      "epoch {}, step {}: the training loss of the last {} steps is {:.4g}, where guessing among "
      "{} classes gives {:.4g}: the training diverges; lower the learning rate ({:.4g} in this "
      "step)",
      state_.epoch + 1, state_.step, high->steps, high->loss, classes, guessing_loss(classes),
      step_of(state_.step).learning_rate));
}

void TrainingLoop::report_step() {
  const double images = images_so_far();
  const double speed = state_.seconds > 0 ? images / state_.seconds : 0;
  const auto left = static_cast<double>((length_.steps() - state_.step) * batch_);
  progress_.step({.epoch = state_.epoch + 1,
                  .epochs = length_.epochs,
                  .step = state_.position,
                  .steps = length_.steps_per_epoch,
                  .loss = state_.loss_sum / images,
                  .accuracy = percent(state_.correct, images),
                  .images_per_second = speed,
                  .seconds_left = speed > 0 ? left / speed : 0});
}

bool TrainingLoop::run_steps(const StopHook& stop) {
  begin_epoch();
  while (state_.position < length_.steps_per_epoch) {
    timed([&] { advance(); });
    if (engine_->immediate()) report_step();
    if (stop && stop()) {
      if (!engine_->immediate()) timed([&] { read_sums(); });
      return false;
    }
  }
  return true;
}

EpochRow TrainingLoop::epoch_row() {
  const double images = images_so_far();
  return as_written({.epoch = static_cast<int>(state_.epoch) + 1,
                     .step = state_.step,
                     .rate = step_of(state_.step).learning_rate,
                     .train_loss = state_.loss_sum / images,
                     .train_accuracy = percent(state_.correct, images),
                     .test_loss = evaluation_.loss,
                     .test_accuracy = evaluation_.accuracy(),
                     .seconds = state_.seconds,
                     .images_per_second = state_.seconds > 0 ? images / state_.seconds : 0,
                     .weights_sha256 = weights_sha256(program_)});
}

void TrainingLoop::finish_epoch(const LoopEvents& events) {
  const EpochRow row = epoch_row();
  const bool best = better(program_.info().recipe.early_stopping, row, evaluation_, state_);
  state_.rows.push_back(row);
  if (best) {
    state_.best_epoch = row.epoch;
    state_.best_correct = evaluation_.correct;
    state_.best_loss = evaluation_.loss;
  }
  ++state_.epoch;
  state_.position = 0;
  state_.loss_sum = 0;
  state_.correct = 0;
  state_.seconds = 0;
  if (events.epoch_done) events.epoch_done(state_, best);
  const bool bad = diverged(row, program_.info().classes);
  progress_.epoch(row, length_.epochs,
                  bad    ? "diverged"
                  : best ? "best"
                         : "",
                  evaluated_word(split_));
}

bool TrainingLoop::finished() const {
  return state_.epoch == length_.epochs ||
         out_of_patience(program_.info().recipe.early_stopping, state_);
}

bool TrainingLoop::run(const LoopEvents& events) {
  while (!finished()) {
    const bool done = run_steps(events.stop) && engine_->evaluate(events.stop, evaluation_);
    program_.fetch();
    if (!done) return false;
    if (!std::isfinite(evaluation_.loss)) {
      throw NonFiniteLoss(fmt::format("the {} loss is {} after epoch {}; lower the learning rate",
                                      evaluated_word(split_), unsigned_nan(evaluation_.loss),
                                      state_.epoch + 1));
    }
    finish_epoch(events);
  }
  return true;
}

Evaluation TrainingLoop::evaluate_test() {
  Evaluation result(split_.test.size());
  engine_->evaluate({}, result);
  return result;
}

}  // namespace castnet
