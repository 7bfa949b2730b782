// Sums over threads in fixed trees: the same bits in every run.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cuda/launch.hpp"

#ifdef __CUDACC__
#define CASTNET_UNROLL _Pragma("unroll")
#else
#define CASTNET_UNROLL
#endif

namespace castnet::cuda {

inline constexpr int kWarp = 32;

/// The most threads of a block that reduces. As kernels' __launch_bounds__ it limits their
/// registers to what a block has.
inline constexpr int kReduceThreads = 512;

/// Threads of a block that reduces `items` elements: about four elements a thread or more.
constexpr int reduce_threads(std::size_t items) {
  const std::size_t warps = (items / 4 + kWarp - 1) / kWarp;
  return int(std::clamp(warps, std::size_t(1), std::size_t(kReduceThreads / kWarp))) * kWarp;
}

/// The warp's sum, in every lane.
template <class V>
__device__ V warp_sum(V value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(0xffffffffU, value, distance);
  }
  return value;
}

/// The warp's maximum, in every lane.
__device__ inline float warp_maximum(float value) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    value = std::max(value, __shfl_xor_sync(0xffffffffU, value, distance));
  }
  return value;
}

/// Replaces each of N values by its sum over the block's Threads threads, in every thread. Loops
/// are unrolled for the values to stay in registers.
template <int Threads, class V, std::size_t N>
__device__ void block_sum(V (&value)[N]) {
  static_assert(Threads % kWarp == 0 && Threads <= 1024);
  CASTNET_UNROLL
  for (V& v : value) v = warp_sum(v);
  if constexpr (Threads > kWarp) {
    constexpr int kWarps = Threads / kWarp;
    __shared__ V part[N][kWarps];
    const int lane = int(threadIdx.x) % kWarp, warp = int(threadIdx.x) / kWarp;
    if (lane == 0) {
      CASTNET_UNROLL
      for (std::size_t n = 0; n < N; ++n) part[n][warp] = value[n];
    }
    __syncthreads();
    CASTNET_UNROLL
    for (std::size_t n = 0; n < N; ++n) {
      value[n] = warp_sum(lane < kWarps ? part[n][lane] : V(0));
    }
    __syncthreads();  // the next sum writes `part` again
  }
}

/// The sum of `count` numbers, `stride` apart, in ascending order: what blocks left in scratch.
__device__ inline float sum_parts(const float* part, std::size_t stride, int count) {
  float sum = part[0];
  for (int i = 1; i < count; ++i) sum += part[std::size_t(i) * stride];
  return sum;
}

}  // namespace castnet::cuda
