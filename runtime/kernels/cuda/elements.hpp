// Kernels with a thread for each element.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/cuda/launch.hpp"

namespace castnet::cuda {

/// Elements of a batch of activations [batch, channels, height, width].
template <class Shape>
constexpr std::size_t elements(const Shape& shape) {
  return std::size_t(shape.batch) * std::size_t(shape.channels) * std::size_t(shape.height) *
         std::size_t(shape.width);
}

/// Blocks that fill any GPU many times over: with more elements, a thread takes several.
inline constexpr unsigned kMostBlocks = 4096;

/// Blocks of kThreads for `items` elements that each_element shares out.
constexpr unsigned grid_for(std::size_t items) {
  return unsigned(std::min(std::size_t(kMostBlocks),
                           std::max(std::size_t(1), (items + kThreads - 1) / kThreads)));
}

/// Dividing 32-bit indices is much faster; no index passes 2^32 even with the grid's stride added.
template <std::size_t Count>
using IndexOf = std::conditional_t<(Count < (std::size_t(1) << 31)), std::uint32_t, std::size_t>;

/// function(i) for this thread's share of 0 .. Count - 1; neighbours in a block take neighbours.
template <std::size_t Count, class Function>
__device__ void each_element(Function function) {
  using Index = IndexOf<Count>;
  const Index stride = Index(gridDim.x) * Index(blockDim.x);
  for (Index i = Index(blockIdx.x) * Index(blockDim.x) + Index(threadIdx.x); i < Index(Count);
       i += stride) {
    function(i);
  }
}

/// As above where the count is known only when it runs.
template <class Function>
__device__ void each_element(std::size_t count, Function function) {
  const std::size_t stride = std::size_t(gridDim.x) * blockDim.x;
  for (std::size_t i = std::size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) {
    function(i);
  }
}

}  // namespace castnet::cuda
