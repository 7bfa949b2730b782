// Launching kernels.
#pragma once

#include <cstddef>
#include <source_location>
#include <utility>

#include "core/cuda_check.hpp"

namespace castnet::cuda {

/// Threads of a block where nothing asks for another number.
inline constexpr int kThreads = 256;

/// Blocks of `threads` that give each of `items` a thread.
constexpr unsigned blocks_for(std::size_t items, int threads = kThreads) {
  return static_cast<unsigned>((items + std::size_t(threads) - 1) / std::size_t(threads));
}

/// Queues `Kernel` on `stream` with blocks of `block` threads. Throws CudaError, which names the
/// kernel and, as generated shapes are named for their operations, the layer.
template <auto Kernel, class... Arguments>
void launch(cudaStream_t stream, dim3 grid, dim3 block, Arguments&&... arguments) {
  if (grid.x == 0) return;  // nothing to do: a network without running statistics, say
  cudaLaunchConfig_t config = {};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = stream;
  const cudaError_t status =
      cudaLaunchKernelEx(&config, Kernel, std::forward<Arguments>(arguments)...);
  if (status != cudaSuccess) fail(status, std::source_location::current().function_name());
}

}  // namespace castnet::cuda
