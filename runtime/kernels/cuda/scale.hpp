// A scale for each channel of each image: the gate of squeeze-and-excitation.
#pragma once

#include <cstddef>

#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

namespace detail {

template <class S>
struct Scale {
  static constexpr unsigned kPixels = unsigned(S::value.height) * unsigned(S::value.width);
  static constexpr unsigned kPlanes = unsigned(S::value.batch) * unsigned(S::value.channels);
};

}  // namespace detail

template <class S, class T>
__global__ void scale_forward_kernel(const T* x, const T* s, T* y) {
  each_element<elements(S::value)>(
      [=](auto i) { y[i] = T(float(x[i]) * float(s[i / detail::Scale<S>::kPixels])); });
}

/// One block a channel of an image.
template <class S, class T>
__global__ void __launch_bounds__(kReduceThreads)
    scale_backward_kernel(const T* x, const T* s, const T* dy, T* dx, T* ds) {
  constexpr unsigned kPixels = detail::Scale<S>::kPixels;
  constexpr int kBlock = reduce_threads(kPixels);
  const std::size_t origin = std::size_t(blockIdx.x) * kPixels;
  const auto scale = float(s[blockIdx.x]);
  float sum[1] = {};
  for (unsigned i = threadIdx.x; i < kPixels; i += kBlock) {
    const auto gradient = float(dy[origin + i]);
    sum[0] += gradient * float(x[origin + i]);
    dx[origin + i] = T(gradient * scale);
  }
  block_sum<kBlock>(sum);
  if (threadIdx.x == 0) ds[blockIdx.x] = T(sum[0]);
}

/// y [N, C, H, W] = x [N, C, H, W] * s [N, C, 1, 1]. `y` may be `x` where backward is not wanted.
template <class S, class T>
void scale_forward(cudaStream_t stream, const T* x, const T* s, T* y) {
  launch<scale_forward_kernel<S, T>>(stream, grid_for(elements(S::value)), kThreads, x, s, y);
}

/// Gradients of scale_forward: dx [N, C, H, W] = dy * s, and ds [N, C, 1, 1], the sums of dy * x
/// over the pixels. `dx` may be `dy`.
template <class S, class T>
void scale_backward(cudaStream_t stream, const T* x, const T* s, const T* dy, T* dx, T* ds) {
  using Scale = detail::Scale<S>;
  launch<scale_backward_kernel<S, T>>(stream, Scale::kPlanes, reduce_threads(Scale::kPixels), x, s,
                                      dy, dx, ds);
}

}  // namespace castnet::cuda
