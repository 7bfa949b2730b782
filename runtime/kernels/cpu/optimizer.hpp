// Optimizers over a flat arena of parameters, by PyTorch's formulas (torch.optim.SGD, Adam, AdamW;
// Muon is in muon.hpp).
// Each group's weight decay, L1 factor and factor of the learning rate hold for its slice; `l1`
// adds l1 * sign(w) to the gradient: the gradient of l1 * |w| in the loss.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/program.hpp"
#include "kernels/update.hpp"

namespace castnet::cpu {

namespace detail {

/// The factors of update `number` for a group that takes `share` of the learning rate.
template <class T>
AdamFactors<T> adam_factors(std::uint64_t number, double rate, double share, double beta1,
                            double beta2, double epsilon) {
  return {.first = T(beta1),
          .first_rest = T(1 - beta1),
          .second = T(beta2),
          .second_rest = T(1 - beta2),
          .rate = T(rate / (1 - std::pow(beta1, double(number))) * share),
          .correction = T(1 / std::sqrt(1 - std::pow(beta2, double(number)))),
          .epsilon = T(epsilon)};
}

}  // namespace detail

/// SGD with momentum over the parameters `w` and gradients `g` that `groups` cover; `velocity`
/// starts at zero (so that the first velocity is the gradient) and is untouched, may be nullptr,
/// where momentum is 0.
template <class T>
void sgd_update(std::span<const ParameterGroup> groups, T* w, const T* g, T* velocity, double rate,
                double momentum, bool nesterov) {
  const T keep = T(momentum);
  const T own = nesterov ? T(1) : T(0);
  const T past = nesterov ? keep : T(1);
  for (const auto& [part, weight_decay, l1, share, rows] : groups) {
    const T step = T(rate * share), decay = T(weight_decay), sparse = T(l1);
    for (std::size_t i = part.offset; i < part.offset + part.elements; ++i) {
      const T gradient = penalised(g[i], w[i], decay, sparse);
      if (momentum == 0) {
        w[i] -= step * gradient;
      } else {
        velocity[i] = keep * velocity[i] + gradient;
        w[i] -= step * (own * gradient + past * velocity[i]);
      }
    }
  }
}

/// Adam; `m` and `v` start at zero, `number` counts updates from 1. Weight decay is added to the
/// gradient.
template <class T>
void adam_update(std::span<const ParameterGroup> groups, T* w, const T* g, T* m, T* v,
                 std::uint64_t number, double rate, double beta1, double beta2, double epsilon) {
  for (const auto& [part, weight_decay, l1, share, rows] : groups) {
    const auto adam = detail::adam_factors<T>(number, rate, share, beta1, beta2, epsilon);
    const T decay = T(weight_decay), sparse = T(l1);
    for (std::size_t i = part.offset; i < part.offset + part.elements; ++i) {
      w[i] -= adam.step(penalised(g[i], w[i], decay, sparse), m[i], v[i]);
    }
  }
}

/// AdamW: as adam_update, but weight decay shrinks the weights by rate * weight_decay first.
template <class T>
void adamw_update(std::span<const ParameterGroup> groups, T* w, const T* g, T* m, T* v,
                  std::uint64_t number, double rate, double beta1, double beta2, double epsilon) {
  for (const auto& [part, weight_decay, l1, share, rows] : groups) {
    const auto adam = detail::adam_factors<T>(number, rate, share, beta1, beta2, epsilon);
    const T shrink = T(1 - rate * share * weight_decay), sparse = T(l1);
    for (std::size_t i = part.offset; i < part.offset + part.elements; ++i) {
      const T gradient = penalised(g[i], w[i], T(0), sparse);
      w[i] = w[i] * shrink - adam.step(gradient, m[i], v[i]);
    }
  }
}

/// Scales n gradients so that their 2-norm is at most `limit`: by limit / (norm + 1e-6) where that
/// is below 1 (torch.nn.utils.clip_grad_norm_). The sum is formed in double, in order.
template <class T>
void clip_norm(std::size_t n, T* g, double limit) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += double(g[i]) * double(g[i]);
  const double factor = limit / (std::sqrt(sum) + 1e-6);
  if (factor >= 1) return;
  for (std::size_t i = 0; i < n; ++i) g[i] *= T(factor);
}

/// Clamps n gradients to [-limit, limit] (torch.nn.utils.clip_grad_value_).
template <class T>
void clip_value(std::size_t n, T* g, double limit) {
  for (std::size_t i = 0; i < n; ++i) g[i] = std::clamp(g[i], T(-limit), T(limit));
}

/// Moving average of n values: a copy at the first update, then decay * average + (1 - decay) * w
/// (torch.optim.swa_utils.AveragedModel with an exponential average).
template <class T>
void average_weights(std::size_t n, const T* w, T* average, double decay, std::uint64_t number) {
  const T share = number == 1 ? T(1) : T(1 - decay);
  for (std::size_t i = 0; i < n; ++i) average[i] += share * (w[i] - average[i]);
}

}  // namespace castnet::cpu
