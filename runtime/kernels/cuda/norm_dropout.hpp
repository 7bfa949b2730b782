// A norm, the activation that follows it, and the dropout behind both, which takes no pass of its
// own: masks are drawn where y is written and where dy is read.
#pragma once

#include <cstdint>

#include "kernels/cuda/dropout.hpp"
#include "kernels/cuda/norm.hpp"

namespace castnet::cuda {

/// norm_forward<S>, then dropout_forward<D> of y, which is rounded to T once.
template <class S, class D, class T>
void norm_dropout_forward(cudaStream_t stream, Mode mode, const DeviceStep* step,
                          const std::uint32_t* samples, const T* x, const float* weight,
                          const float* bias, float* saved, float* running_mean, float* running_var,
                          float* scratch, T* y) {
  if (mode == Mode::evaluate) {
    norm_forward<S>(stream, mode, x, weight, bias, saved, running_mean, running_var, scratch, y);
  } else {
    detail::norm_forward<S>(stream, mode, Masks<D>{step, samples}, x, weight, bias, saved,
                            running_mean, running_var, scratch, y);
  }
}

/// dropout_backward<D> of dy, then norm_backward<S> of that. `dx` may be `dy`.
template <class S, class D, class T>
void norm_dropout_backward(cudaStream_t stream, const DeviceStep* step,
                           const std::uint32_t* samples, const T* x, const T* dy,
                           const float* weight, const float* bias, const float* saved,
                           float* scratch, T* dx, float* d_weight, float* d_bias) {
  detail::norm_backward<S>(stream, Masks<D>{step, samples}, x, dy, weight, bias, saved, scratch, dx,
                           d_weight, d_bias);
}

}  // namespace castnet::cuda
