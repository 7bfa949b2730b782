// Activations as operations of their own.
#pragma once

#include "kernels/cuda/activation_function.hpp"
#include "kernels/cuda/elements.hpp"

namespace castnet::cuda {

template <class S, class T>
__global__ void activation_forward_kernel(const T* x, T* y) {
  constexpr Act kAct = S::value.act;
  constexpr auto kSlope = float(S::value.slope);
  each_element<elements(S::value)>([=](auto i) { y[i] = T(activate<kAct>(float(x[i]), kSlope)); });
}

template <class S, class T>
__global__ void activation_backward_kernel(const T* kept, const T* dy, T* dx) {
  constexpr Act kAct = S::value.act;
  constexpr auto kSlope = float(S::value.slope);
  each_element<elements(S::value)>([=](auto i) {
    dx[i] = T(activate_backward_kept<kAct>(float(kept[i]), float(dy[i]), kSlope));
  });
}

/// y [N, C, H, W] = S.act of x. `y` may be `x` for none, ReLU, leaky ReLU and sigmoid: their
/// backward accepts the output.
template <class S, class T>
void activation_forward(cudaStream_t stream, const T* x, T* y) {
  launch<activation_forward_kernel<S, T>>(stream, grid_for(elements(S::value)), kThreads, x, y);
}

/// dx = dy * S.act'(x). `kept` is the output y of sigmoid, and of the others the input x; for ReLU,
/// and leaky ReLU of positive slope, the output does as well. `dx` may be `dy`.
template <class S, class T>
void activation_backward(cudaStream_t stream, const T* kept, const T* dy, T* dx) {
  launch<activation_backward_kernel<S, T>>(stream, grid_for(elements(S::value)), kThreads, kept, dy,
                                           dx);
}

}  // namespace castnet::cuda
