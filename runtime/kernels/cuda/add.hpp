// Residual addition.
#pragma once

#include "kernels/cuda/elements.hpp"

namespace castnet::cuda {

template <class S, class T>
__global__ void add_kernel(const T* a, const T* b, T* y) {
  each_element<elements(S::value)>([=](auto i) { y[i] = T(float(a[i]) + float(b[i])); });
}

/// y [N, C, H, W] = a + b; `y` may be either. Backward passes dy on to both.
template <class S, class T>
void add(cudaStream_t stream, const T* a, const T* b, T* y) {
  launch<add_kernel<S, T>>(stream, grid_for(elements(S::value)), kThreads, a, b, y);
}

}  // namespace castnet::cuda
