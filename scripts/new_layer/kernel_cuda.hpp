// The square of each element, for the whole batch.
#pragma once

#include "castnet_shared/shapes.hpp"
#include "kernels/cuda/elements.hpp"

namespace castnet::cuda {

template <class S, class T>
__global__ void skeleton_forward_kernel(const T* x, T* y) {
  each_element<elements(S::value)>([=](auto i) { y[i] = T(float(x[i]) * float(x[i])); });
}

template <class S, class T>
__global__ void skeleton_backward_kernel(const T* x, const T* dy, T* dx) {
  each_element<elements(S::value)>([=](auto i) { dx[i] = T(float(dy[i]) * 2 * float(x[i])); });
}

/// y [N, C, H, W] = x * x.
template <class S, class T>
void skeleton_forward(cudaStream_t stream, const T* x, T* y) {
  launch<skeleton_forward_kernel<S, T>>(stream, grid_for(elements(S::value)), kThreads, x, y);
}

/// dx [N, C, H, W] = dy * 2 x. `dx` may be `dy`.
template <class S, class T>
void skeleton_backward(cudaStream_t stream, const T* x, const T* dy, T* dx) {
  launch<skeleton_backward_kernel<S, T>>(stream, grid_for(elements(S::value)), kThreads, x, dy, dx);
}

}  // namespace castnet::cuda
