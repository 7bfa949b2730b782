// Optimizers over a flat arena of parameters, by PyTorch's formulas (torch.optim.SGD, Adam, AdamW;
// Muon is in muon.hpp).
// Each group's weight decay, L1 factor and factor of the learning rate hold for its slice: one
// launch a group. The learning rate and Adam's corrections come from the step on the device.
#pragma once

#include <cstddef>
#include <span>

#include "core/program.hpp"
#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/step.hpp"
#include "kernels/update.hpp"

namespace castnet::cuda {

/// What an update's kernel is told of its parameters.
struct UpdateSlice {
  std::size_t offset, elements;
  double weight_decay;
  float l1;
  double rate;  ///< factor of the learning rate
};

struct SgdFactors {
  float momentum;
  float own, past;  ///< shares of the gradient and of the velocity in a step
};

inline SgdFactors sgd_factors(double momentum, bool nesterov) {
  const auto keep = float(momentum);
  return {keep, nesterov ? 1.0F : 0.0F, nesterov ? keep : 1.0F};
}

template <bool Momentum>
__global__ void sgd_kernel(UpdateSlice slice, float* w, const float* g, float* velocity,
                           const DeviceStep* step, SgdFactors sgd) {
  const auto rate = float(step->learning_rate * slice.rate);
  const auto decay = float(slice.weight_decay);
  each_element(slice.elements, [=](std::size_t element) {
    const std::size_t i = slice.offset + element;
    const float gradient = penalised(g[i], w[i], decay, slice.l1);
    if constexpr (Momentum) {
      velocity[i] = sgd.momentum * velocity[i] + gradient;
      w[i] -= rate * (sgd.own * gradient + sgd.past * velocity[i]);
    } else {
      w[i] -= rate * gradient;
    }
  });
}

/// Adam; AdamW where Decoupled: the weights shrink by rate * weight_decay first.
template <bool Decoupled>
__global__ void adam_kernel(UpdateSlice slice, float* w, const float* g, float* m, float* v,
                            const DeviceStep* step, AdamFactors<float> adam) {
  adam.rate = float(step->adam_rate * slice.rate);
  adam.correction = step->adam_correction;
  const float decay = Decoupled ? 0 : float(slice.weight_decay);
  const float keep =
      Decoupled ? float(1 - step->learning_rate * slice.rate * slice.weight_decay) : 1;
  each_element(slice.elements, [=](std::size_t element) {
    const std::size_t i = slice.offset + element;
    const float gradient = penalised(g[i], w[i], decay, slice.l1);
    w[i] = w[i] * keep - adam.step(gradient, m[i], v[i]);
  });
}

namespace detail {

inline UpdateSlice update_slice(const ParameterGroup& group) {
  return {group.parameters.offset, group.parameters.elements, group.weight_decay, float(group.l1),
          group.rate};
}

template <bool Decoupled>
void adam(cudaStream_t stream, std::span<const ParameterGroup> groups, float* w, const float* g,
          float* m, float* v, const DeviceStep* step, double beta1, double beta2, double epsilon) {
  const AdamFactors<float> factors{.first = float(beta1),
                                   .first_rest = float(1 - beta1),
                                   .second = float(beta2),
                                   .second_rest = float(1 - beta2),
                                   .rate = 0,        // of the step, which only
                                   .correction = 0,  // the device knows
                                   .epsilon = float(epsilon)};
  for (const ParameterGroup& group : groups) {
    const UpdateSlice slice = update_slice(group);
    launch<adam_kernel<Decoupled>>(stream, grid_for(slice.elements), kThreads, slice, w, g, m, v,
                                   step, factors);
  }
}

}  // namespace detail

/// SGD with momentum over the parameters `w` and gradients `g` that `groups` (on the host)
/// cover; `velocity` starts at zero and is untouched, may be nullptr, where momentum is 0.
inline void sgd_update(cudaStream_t stream, std::span<const ParameterGroup> groups, float* w,
                       const float* g, float* velocity, const DeviceStep* step, double momentum,
                       bool nesterov) {
  const SgdFactors factors = sgd_factors(momentum, nesterov);
  for (const ParameterGroup& group : groups) {
    const UpdateSlice slice = detail::update_slice(group);
    const unsigned grid = grid_for(slice.elements);
    if (momentum == 0) {
      launch<sgd_kernel<false>>(stream, grid, kThreads, slice, w, g, velocity, step, factors);
    } else {
      launch<sgd_kernel<true>>(stream, grid, kThreads, slice, w, g, velocity, step, factors);
    }
  }
}

/// Adam; `m` and `v` start at zero. Weight decay is added to the gradient.
inline void adam_update(cudaStream_t stream, std::span<const ParameterGroup> groups, float* w,
                        const float* g, float* m, float* v, const DeviceStep* step, double beta1,
                        double beta2, double epsilon) {
  detail::adam<false>(stream, groups, w, g, m, v, step, beta1, beta2, epsilon);
}

/// AdamW: as adam_update, but weight decay shrinks the weights by rate * weight_decay first.
inline void adamw_update(cudaStream_t stream, std::span<const ParameterGroup> groups, float* w,
                         const float* g, float* m, float* v, const DeviceStep* step, double beta1,
                         double beta2, double epsilon) {
  detail::adam<true>(stream, groups, w, g, m, v, step, beta1, beta2, epsilon);
}

}  // namespace castnet::cuda
