// What kernels of a step read from the device: a replayed graph gets no new arguments.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/program.hpp"

namespace castnet::cuda {

/// A Step as kernels see it, with the factors that the host computes in double.
struct DeviceStep {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  std::uint32_t position = 0;  ///< of the step in its epoch, from 0
  std::uint64_t number = 1;
  double learning_rate = 0;
  double adam_rate = 0;      ///< learning_rate / (1 - beta1^number)
  Real adam_correction = 0;  ///< 1 / sqrt(1 - beta2^number)
};

inline DeviceStep device_step(const Step& step, const OptimizerRecipe& optimizer,
                              std::uint32_t position = 0) {
  const auto number = static_cast<double>(step.number);
  const double first = 1 - std::pow(optimizer.beta1, number);
  const double second = 1 - std::pow(optimizer.beta2, number);
  return {.seed = step.seed,
          .epoch = step.epoch,
          .position = position,
          .number = step.number,
          .learning_rate = step.learning_rate,
          .adam_rate = step.learning_rate / first,
          .adam_correction = static_cast<Real>(1 / std::sqrt(second))};
}

}  // namespace castnet::cuda
