// Over whole arenas: clipping of gradients, moving averages, exchange.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/reduce.hpp"
#include "kernels/cuda/step.hpp"

namespace castnet::cuda {

inline constexpr int kNormThreads = 1024;

/// One block: limit / (norm + 1e-6), the squares summed in double.
template <class T>
__global__ void __launch_bounds__(kNormThreads)
    clip_factor_kernel(std::size_t n, const T* g, double limit, double* factor) {
  double sum[4] = {};  // four loads at a time, not one after the other
  for (std::size_t i = threadIdx.x; i < n; i += 4 * kNormThreads) {
    for (std::size_t k = 0; k < 4; ++k) {
      const std::size_t at = i + k * kNormThreads;
      const double value = at < n ? double(g[at]) : 0;
      sum[k] += value * value;
    }
  }
  double total[1] = {(sum[0] + sum[1]) + (sum[2] + sum[3])};
  block_sum<kNormThreads>(total);
  if (threadIdx.x == 0) *factor = limit / (std::sqrt(total[0]) + 1e-6);
}

template <class T>
__global__ void clip_scale_kernel(std::size_t n, T* g, const double* factor) {
  if (*factor >= 1) return;
  const auto scale = T(*factor);
  each_element(n, [=](std::size_t i) { g[i] *= scale; });
}

template <class T>
__global__ void clip_value_kernel(std::size_t n, T* g, T limit) {
  each_element(n, [=](std::size_t i) { g[i] = std::clamp(g[i], -limit, limit); });
}

template <class T>
__global__ void average_kernel(std::size_t n, const T* w, T* average, T share,
                               const DeviceStep* step) {
  const T part = step->number == 1 ? 1 : share;
  each_element(n, [=](std::size_t i) { average[i] += part * (w[i] - average[i]); });
}

template <class T>
__global__ void swap_kernel(std::size_t n, T* a, T* b) {
  each_element(n, [=](std::size_t i) {
    const T kept = a[i];
    a[i] = b[i];
    b[i] = kept;
  });
}

/// Scales n gradients so that their 2-norm is at most `limit`: by limit / (norm + 1e-6) where that
/// is below 1 (torch.nn.utils.clip_grad_norm_). `factor` [1], on the device, holds it between two
/// kernels.
inline void clip_norm(cudaStream_t stream, std::size_t n, float* g, double limit, double* factor) {
  launch<clip_factor_kernel<float>>(stream, 1, kNormThreads, n, g, limit, factor);
  launch<clip_scale_kernel<float>>(stream, grid_for(n), kThreads, n, g, factor);
}

/// Clamps n gradients to [-limit, limit] (torch.nn.utils.clip_grad_value_).
inline void clip_value(cudaStream_t stream, std::size_t n, float* g, double limit) {
  launch<clip_value_kernel<float>>(stream, grid_for(n), kThreads, n, g, float(limit));
}

/// Moving average of n values: a copy at the first update, then decay * average + (1 - decay) * w
/// (torch.optim.swa_utils.AveragedModel with an exponential average).
inline void average_weights(cudaStream_t stream, std::size_t n, const float* w, float* average,
                            double decay, const DeviceStep* step) {
  launch<average_kernel<float>>(stream, grid_for(n), kThreads, n, w, average, float(1 - decay),
                                step);
}

/// Exchanges n values.
inline void swap(cudaStream_t stream, std::size_t n, float* a, float* b) {
  launch<swap_kernel<float>>(stream, grid_for(n), kThreads, n, a, b);
}

}  // namespace castnet::cuda
