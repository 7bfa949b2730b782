// An epoch's order, made on the device.
#pragma once

#include <cstdint>

#include "data/shuffle.hpp"
#include "kernels/cuda/launch.hpp"

namespace castnet::cuda {

/// One block of Tile threads. The partners of Tile places are drawn in parallel; their swaps follow
/// one another.
template <unsigned Tile>
__global__ void __launch_bounds__(Tile) shuffle_kernel(std::uint32_t* order, std::uint32_t size,
                                                       std::uint64_t seed, std::uint32_t epoch) {
  __shared__ std::uint32_t partners[Tile];
  for (std::uint32_t i = threadIdx.x; i < size; i += Tile) order[i] = i;
  // Places below `left` remain; place 0 has none to swap with.
  for (std::uint32_t left = size; left > 1;) {
    const std::uint32_t count = left - 1 < Tile ? left - 1 : Tile;
    __syncthreads();
    if (threadIdx.x < count) {
      partners[threadIdx.x] = shuffle_partner(left - 1 - threadIdx.x, seed, epoch);
    }
    __syncthreads();
    for (std::uint32_t k = 0; threadIdx.x == 0 && k < count; ++k) {
      const std::uint32_t kept = order[left - 1 - k];
      order[left - 1 - k] = order[partners[k]];
      order[partners[k]] = kept;
    }
    left -= count;
  }
}

/// Fills `order` [size] as castnet::shuffle does, to the bit.
inline void shuffle(cudaStream_t stream, std::uint32_t* order, std::uint32_t size,
                    std::uint64_t seed, std::uint32_t epoch) {
  constexpr unsigned kTile = 1024;
  launch<shuffle_kernel<kTile>>(stream, 1, kTile, order, size, seed, epoch);
}

}  // namespace castnet::cuda
