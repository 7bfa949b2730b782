#include "train/host_engine.hpp"

#include <cmath>

#include "data/shuffle.hpp"

namespace castnet {

std::unique_ptr<Engine> make_engine(Program& program, const Split& split) {
  if (auto* elsewhere = dynamic_cast<Accelerated*>(&program)) return elsewhere->make_engine(split);
  return std::make_unique<HostEngine>(program, split);
}

HostEngine::HostEngine(Program& program, const Split& split)
    : program_(program),
      split_(split),
      augmenter_(program.info(), normalisation_of(program.info(), split.train)),
      order_(split.train.size()) {}

void HostEngine::begin_epoch(std::span<const Step> steps, std::size_t position,
                             const TrainingSums& before) {
  steps_ = steps;
  position_ = position;
  sums_ = before;
  shuffle(order_, steps.front().seed, steps.front().epoch);
}

std::size_t HostEngine::advance() {
  const Step& step = steps_[position_];
  const auto batch = static_cast<std::size_t>(program_.info().batch);
  const auto samples = std::span<const std::uint32_t>(order_).subspan(position_ * batch, batch);
  augmenter_.fill(program_, split_.train, samples, step.seed, step.epoch);
  program_.forward(Mode::train, step);
  double sum = 0;
  for (const Real loss : program_.losses()) sum += static_cast<double>(loss);
  sums_.loss += sum;
  // The weights stay as they were before the step that went wrong.
  if (!std::isfinite(sum)) return 1;
  for (std::size_t slot = 0; slot < batch; ++slot) {
    sums_.correct += predicted_class(program_, slot) == split_.train.labels[samples[slot]] ? 1 : 0;
  }
  program_.backward(step);
  program_.update(step);
  ++position_;
  return 1;
}

bool HostEngine::evaluate(const StopHook& stop, Evaluation& result) {
  return castnet::evaluate(program_, augmenter_, split_.test, stop, result);
}

}  // namespace castnet
