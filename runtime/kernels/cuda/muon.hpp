// Muon over a flat arena of parameters: a block for each parameter group.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include "core/program.hpp"
#include "kernels/cuda/optimizer.hpp"
#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

/// Threads of a group's block.
inline constexpr int kMuonThreads = 512;

/// Groups of one launch: kernels' arguments may have 4 KiB on every GPU.
inline constexpr std::size_t kMuonGroups = 32;

struct MuonSlice {
  UpdateSlice slice;
  int rows;
};
using MuonSlices = std::array<MuonSlice, kMuonGroups>;

/// function(i) for this thread's share of 0 .. count - 1 in its block, then waits for the others'.
template <class Function>
__device__ void each_in_block(std::size_t count, Function function) {
  for (std::size_t i = threadIdx.x; i < count; i += blockDim.x) function(i);
  __syncthreads();
}

/// y = factor * x + z m for z [n, m] and symmetric matrix [m, m]: every sum in ascending order.
__device__ inline void multiply_add(std::size_t n, std::size_t m, float factor, const float* x,
                                    const float* z, const float* matrix, float* y) {
  each_in_block(n * m, [=](std::size_t e) {
    const std::size_t row = e / m * m, i = e % m;
    float sum = factor * x[e];
    for (std::size_t j = 0; j < m; ++j) sum += z[row + j] * matrix[j * m + i];
    y[e] = sum;
  });
}

/// a [m, m] = xᵀ x for x [n, m].
__device__ inline void gram(std::size_t n, std::size_t m, const float* x, float* a) {
  each_in_block(m * m, [=](std::size_t e) {
    const std::size_t i = e / m, j = e % m;
    float sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += x[k * m + i] * x[k * m + j];
    a[e] = sum;
  });
}

/// As the CPU's orthogonalise, by the whole block.
__device__ inline float* orthogonalise(std::size_t n, std::size_t m, float* x, float* y, float* a,
                                       float* b) {
  double squares[1] = {0};
  each_in_block(n * m, [&](std::size_t i) { squares[0] += double(x[i]) * double(x[i]); });
  block_sum<kMuonThreads>(squares);
  const auto factor = float(1 / (sqrt(squares[0]) + kMuonEpsilon));
  each_in_block(n * m, [=](std::size_t i) { x[i] *= factor; });
  for (int step = 0; step < kNewtonSchulzSteps; ++step) {
    gram(n, m, x, a);
    each_in_block(m * m, [=](std::size_t i) { y[i] = float(kNewtonSchulzC) * a[i]; });
    multiply_add(m, m, float(kNewtonSchulzB), a, y, a, b);
    multiply_add(n, m, float(kNewtonSchulzA), x, x, b, y);
    float* const other = x;
    x = y;
    y = other;
  }
  return x;
}

/// The group of this block.
template <class Groups>
__global__ void __launch_bounds__(kMuonThreads)
    muon_kernel(Groups slices, float* w, const float* g, float* velocity, float* scratch,
                const DeviceStep* step, SgdFactors sgd) {
  const MuonSlice& group = slices[blockIdx.x];
  const UpdateSlice& slice = group.slice;
  const std::size_t elements = slice.elements;
  const MuonLayout layout(std::size_t(group.rows), elements);
  w += slice.offset;
  g += slice.offset;
  velocity += slice.offset;
  float* change = scratch + kMuonScratch * slice.offset;
  each_in_block(elements, [=](std::size_t i) {
    const float gradient = penalised(g[i], w[i], 0.0F, slice.l1);
    velocity[i] = sgd.momentum * velocity[i] + gradient;
    change[layout.place(i)] = sgd.own * gradient + sgd.past * velocity[i];
  });
  if (group.rows > 0) {
    change = orthogonalise(layout.longer(), layout.shorter(), change, change + elements,
                           change + 2 * elements, change + 3 * elements);
  }
  const double rate = step->learning_rate * slice.rate;
  const auto size = float(rate * layout.scale()), shrink = float(1 - rate * slice.weight_decay);
  each_in_block(elements,
                [=](std::size_t i) { w[i] = w[i] * shrink - size * change[layout.place(i)]; });
}

/// Muon over the parameters `w` and gradients `g` that `groups` (on the host) cover; `velocity`
/// starts at zero. `scratch`: kMuonScratch elements a parameter.
inline void muon_update(cudaStream_t stream, std::span<const ParameterGroup> groups, float* w,
                        const float* g, float* velocity, float* scratch, const DeviceStep* step,
                        double momentum, bool nesterov) {
  const SgdFactors factors = sgd_factors(momentum, nesterov);
  while (!groups.empty()) {
    const std::size_t count = std::min(groups.size(), kMuonGroups);
    MuonSlices slices{};
    for (std::size_t i = 0; i < count; ++i) {
      slices[i] = {detail::update_slice(groups[i]), groups[i].rows};
    }
    launch<muon_kernel<MuonSlices>>(stream, unsigned(count), kMuonThreads, slices, w, g, velocity,
                                    scratch, step, factors);
    groups = groups.subspan(count);
  }
}

}  // namespace castnet::cuda
