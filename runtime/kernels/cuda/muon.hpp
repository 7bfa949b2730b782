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
#include "kernels/cuda/product.hpp"

namespace castnet::cuda {

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

/// y = factor * x + scale * z matrix for z [n, m] and matrix [m, m].
__device__ inline void multiply_add(int n, int m, float factor, const float* x, float scale,
                                    const float* z, const float* matrix, float* y) {
  product<Beside::term>(
      n, m, m, [=](int row, int column) { return factor * x[row * m + column]; },
      [=](int row, int term) { return scale * z[row * m + term]; },
      [=](int term, int column) { return matrix[term * m + column]; },
      [=](int row, int column, float sum) { y[row * m + column] = sum; });
}

/// a [m, m] = xᵀ x for x [n, m].
__device__ inline void gram(int n, int m, const float* x, float* a) {
  product<Beside::row>(
      m, m, n, [](int, int) { return 0.0F; }, [=](int row, int term) { return x[term * m + row]; },
      [=](int term, int column) { return x[term * m + column]; },
      [=](int row, int column, float sum) { a[row * m + column] = sum; });
}

/// As the CPU's orthogonalise, by the whole block.
__device__ inline float* orthogonalise(int n, int m, float* x, float* y, float* a, float* b) {
  const std::size_t elements = std::size_t(n) * std::size_t(m);
  double squares[1] = {0};
  each_in_block(elements, [&](std::size_t i) { squares[0] += double(x[i]) * double(x[i]); });
  block_sum<kProductThreads>(squares);
  const auto factor = float(1 / (sqrt(squares[0]) + kMuonEpsilon));
  each_in_block(elements, [=](std::size_t i) { x[i] *= factor; });
  for (int step = 0; step < kNewtonSchulzSteps; ++step) {
    gram(n, m, x, a);
    multiply_add(m, m, float(kNewtonSchulzB), a, float(kNewtonSchulzC), a, a, b);
    multiply_add(n, m, float(kNewtonSchulzA), x, 1, x, b, y);
    float* const other = x;
    x = y;
    y = other;
  }
  return x;
}

/// The group of this block.
template <class Groups>
__global__ void __launch_bounds__(kProductThreads)
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
    change = orthogonalise(int(layout.longer()), int(layout.shorter()), change, change + elements,
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
    launch<muon_kernel<MuonSlices>>(stream, unsigned(count), kProductThreads, slices, w, g,
                                    velocity, scratch, step, factors);
    groups = groups.subspan(count);
  }
}

}  // namespace castnet::cuda
