// Engine: runs a program over a split for the training loop, on any target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/notes.hpp"
#include "core/program.hpp"
#include "data/data_set.hpp"
#include "train/evaluate.hpp"

namespace castnet {

/// Sums over the images of an epoch's steps so far.
struct TrainingSums {
  double loss = 0;
  std::uint64_t correct = 0;
};

/// Runs training steps and evaluations. The program and the split must outlive it.
class Engine {
 public:
  virtual ~Engine() = default;

  /// Begins an epoch at step `position`. `steps` are all steps of the epoch, and must live until
  /// its end. `before` are the sums of the steps before `position`.
  virtual void begin_epoch(std::span<const Step> steps, std::size_t position,
                           const TrainingSums& before) = 0;
  /// Runs the next step or several, at least one, and returns how many. They may still be under
  /// way.
  virtual std::size_t advance() = 0;
  /// The epoch's sums; waits for its steps.
  virtual TrainingSums sums() = 0;
  /// Whether `sums` has nothing to wait for after `advance`.
  virtual bool immediate() const = 0;

  /// Evaluates the whole test set with the evaluated weights; see `castnet::evaluate`.
  virtual bool evaluate(const StopHook& stop, Evaluation& result) = 0;
};

/// A program whose memory is not the host's.
class Accelerated {
 public:
  virtual ~Accelerated() = default;
  /// Must be called once, before the first step. Makes the choices that depend on the device, and
  /// returns them with the facts about the device.
  virtual Notes prepare() = 0;
  virtual std::unique_ptr<Engine> make_engine(const Split& split) = 0;
};

/// The engine of the program's target.
std::unique_ptr<Engine> make_engine(Program& program, const Split& split);

}  // namespace castnet
