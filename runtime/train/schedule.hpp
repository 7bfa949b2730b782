// Learning-rate schedules: the rate of each step as a pure function.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "core/program.hpp"

namespace castnet {

/// The length of a run.
struct RunLength {
  std::uint64_t steps_per_epoch = 1;
  std::uint64_t epochs = 1;
  std::uint64_t steps() const { return steps_per_epoch * epochs; }
};

/// Interpolates from `start` (part 0) to `end` (part 1) on a line or a half cosine.
inline double anneal(ScheduleRecipe::Anneal shape, double start, double end, double part) {
  if (shape == ScheduleRecipe::Anneal::linear) return start + (end - start) * part;
  return end + (start - end) / 2 * (1 + std::cos(std::numbers::pi * part));
}

/// The rates of PyTorch's OneCycleLR(max_lr=rate, pct_start=warmup, div_factor=1/start_factor,
/// final_div_factor=start_factor/final_factor): up to `rate` at step warmup·steps - 1, then down to
/// rate·final_factor at the last step.
inline double one_cycle_rate(const ScheduleRecipe& recipe, std::uint64_t step,
                             std::uint64_t steps) {
  const double first = recipe.rate * recipe.start_factor;
  const double last = recipe.rate * recipe.final_factor;
  const double peak_step = recipe.warmup * static_cast<double>(steps) - 1;
  const double last_step = static_cast<double>(steps) - 1;
  const double now = static_cast<double>(step);
  if (now <= peak_step) {
    return peak_step == 0 ? recipe.rate
                          : anneal(recipe.anneal, first, recipe.rate, now / peak_step);
  }
  return anneal(recipe.anneal, recipe.rate, last, (now - peak_step) / (last_step - peak_step));
}

/// The rate of `step` (from 0, over the whole run).
/// constant: rate. step: rate·factor^(epoch / every). multi_step: rate·factor^(milestones reached),
/// a milestone m being reached when epoch m (from 0) begins. cosine, step by step: a half cosine
/// from `rate` at the first step to `minimum` at the last (CosineAnnealingLR, T_max = steps - 1).
inline double learning_rate(const ScheduleRecipe& recipe, std::uint64_t step,
                            const RunLength& length) {
  using Kind = ScheduleRecipe::Kind;
  const auto epoch = static_cast<std::int64_t>(step / length.steps_per_epoch);
  switch (recipe.kind) {
    case Kind::constant:
      return recipe.rate;
    case Kind::step:
      return recipe.rate * std::pow(recipe.factor, static_cast<double>(epoch / recipe.every));
    case Kind::multi_step: {
      const auto reached = std::count_if(recipe.milestones.begin(), recipe.milestones.end(),
                                         [epoch](int milestone) { return milestone <= epoch; });
      return recipe.rate * std::pow(recipe.factor, static_cast<double>(reached));
    }
    case Kind::cosine: {
      const std::uint64_t last = length.steps() - 1;
      const double part = last == 0 ? 0 : static_cast<double>(step) / static_cast<double>(last);
      return anneal(ScheduleRecipe::Anneal::cosine, recipe.rate, recipe.minimum, part);
    }
    case Kind::one_cycle:
      return one_cycle_rate(recipe, step, length.steps());
  }
  return recipe.rate;
}

}  // namespace castnet
