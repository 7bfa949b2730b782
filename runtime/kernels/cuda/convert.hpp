// From one number type to another.
#pragma once

#include "kernels/cuda/launch.hpp"

namespace castnet::cuda {

template <class From, class To>
__global__ void convert_kernel(std::size_t n, const From* from, To* to) {
  const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) to[i] = To(float(from[i]));
}

/// to[i] = from[i], rounded, for n values.
template <class From, class To>
void convert(cudaStream_t stream, std::size_t n, const From* from, To* to) {
  launch<convert_kernel<From, To>>(stream, blocks_for(n), kThreads, n, from, to);
}

}  // namespace castnet::cuda
