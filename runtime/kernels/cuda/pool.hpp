// Max, average and global average pooling.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include "castnet_shared/shapes.hpp"
#include "core/host_device.hpp"
#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

namespace detail {

template <class S>
struct Pool {
  static constexpr PoolShape kShape = S::value;
  static constexpr unsigned kInWidth = kShape.in_width, kOutWidth = kShape.out_width();
  static constexpr unsigned kInPixels = kShape.in_height * kShape.in_width;
  static constexpr unsigned kOutPixels = kShape.out_height() * kShape.out_width();
  static constexpr std::size_t kPlanes = std::size_t(kShape.batch) * std::size_t(kShape.channels);
  static constexpr float kShare = float(1.0 / (kShape.kernel * kShape.kernel));
};

/// A window's maximum and the pixel of its first occurrence in row-major order.
struct Maximum {
  float value;
  int pixel;
};

template <class S, class T>
__device__ Maximum window_maximum(const T* plane, const PoolWindow& window) {
  constexpr int kWidth = S::value.in_width;
  Maximum best{-std::numeric_limits<float>::infinity(), window.top * kWidth + window.left};
  for (int row = window.top; row < window.bottom; ++row) {
    for (int column = window.left; column < window.right; ++column) {
      const auto value = float(plane[row * kWidth + column]);
      if (value > best.value || value != value) {  // NaN wins, as in PyTorch
        best = {value, row * kWidth + column};
      }
    }
  }
  return best;
}

template <class S, class T>
__device__ float window_mean(const T* plane, const PoolWindow& window) {
  float total = 0;
  for (int row = window.top; row < window.bottom; ++row) {
    for (int column = window.left; column < window.right; ++column) {
      total += float(plane[row * S::value.in_width + column]);
    }
  }
  return total * Pool<S>::kShare;
}

/// The first of the windows, along one side, that cover a place; they end with last_window.
template <class S>
CASTNET_HOST_DEVICE constexpr int first_window(int place) {
  const int beyond = place + S::value.padding - S::value.kernel;
  return beyond < 0 ? 0 : beyond / S::value.stride + 1;
}
template <class S>
CASTNET_HOST_DEVICE constexpr int last_window(int place, int windows) {
  return std::min((place + S::value.padding) / S::value.stride, windows - 1);
}

/// The gradient of one input pixel: what the windows that cover it give it, in row-major order.
template <class S, class T>
__device__ float gather(const T* x, const T* dy, int row, int column) {
  constexpr PoolShape kShape = S::value;
  const int bottom = last_window<S>(row, kShape.out_height());
  const int right = last_window<S>(column, kShape.out_width());
  float total = 0;
  for (int r = first_window<S>(row); r <= bottom; ++r) {
    for (int c = first_window<S>(column); c <= right; ++c) {
      const auto gradient = float(dy[r * kShape.out_width() + c]);
      if constexpr (kShape.average) {
        total += gradient * Pool<S>::kShare;
      } else {
        const Maximum best = window_maximum<S>(x, kShape.window(r, c));
        total += best.pixel == row * kShape.in_width + column ? gradient : 0;
      }
    }
  }
  return total;
}

}  // namespace detail

template <class S, class T>
__global__ void pool_forward_kernel(const T* x, T* y) {
  using P = detail::Pool<S>;
  each_element<P::kPlanes * P::kOutPixels>([=](auto i) {
    constexpr PoolShape kShape = S::value;
    const auto pixel = unsigned(i % P::kOutPixels);
    const T* plane = x + std::size_t(i / P::kOutPixels) * P::kInPixels;
    const PoolWindow window = kShape.window(int(pixel / P::kOutWidth), int(pixel % P::kOutWidth));
    if constexpr (kShape.average) {
      y[i] = T(detail::window_mean<S>(plane, window));
    } else {
      y[i] = T(detail::window_maximum<S>(plane, window).value);
    }
  });
}

template <class S, class T>
__global__ void pool_backward_kernel(const T* x, const T* dy, T* dx) {
  using P = detail::Pool<S>;
  each_element<P::kPlanes * P::kInPixels>([=](auto i) {
    const auto pixel = unsigned(i % P::kInPixels);
    const auto plane = std::size_t(i / P::kInPixels);
    // `x` may be nullptr where it is not read.
    const T* from = S::value.average ? x : x + plane * P::kInPixels;
    dx[i] = T(detail::gather<S>(from, dy + plane * P::kOutPixels, int(pixel / P::kInWidth),
                                int(pixel % P::kInWidth)));
  });
}

/// One warp a plane.
template <class S, class T>
__global__ void global_pool_forward_kernel(const T* x, T* y) {
  constexpr unsigned kPixels = S::value.height * S::value.width;
  constexpr std::size_t kPlanes = elements(S::value) / kPixels;
  const std::size_t plane = std::size_t(blockIdx.x) * (kThreads / kWarp) + threadIdx.x / kWarp;
  if (plane >= kPlanes) return;  // the whole warp
  float total = 0;
  for (unsigned p = threadIdx.x % kWarp; p < kPixels; p += kWarp) {
    total += float(x[plane * kPixels + p]);
  }
  total = warp_sum(total);
  if (threadIdx.x % kWarp == 0) y[plane] = T(total * float(1.0 / kPixels));
}

template <class S, class T>
__global__ void global_pool_backward_kernel(const T* dy, T* dx) {
  constexpr unsigned kPixels = S::value.height * S::value.width;
  each_element<elements(S::value)>(
      [=](auto i) { dx[i] = T(float(dy[i / kPixels]) * float(1.0 / kPixels)); });
}

/// y [N, C, Ho, Wo] = maximum or mean of each window of x [N, C, H, W]. A mean counts padding as
/// zeros (PyTorch's count_include_pad); a maximum ignores it.
template <class S, class T>
void pool_forward(cudaStream_t stream, const T* x, T* y) {
  using P = detail::Pool<S>;
  launch<pool_forward_kernel<S, T>>(stream, grid_for(P::kPlanes * P::kOutPixels), kThreads, x, y);
}

/// dx [N, C, H, W] from dy [N, C, Ho, Wo]; of several maxima of a window the first in row-major
/// order gets the gradient, as in PyTorch. `x` is read by max pooling only.
template <class S, class T>
void pool_backward(cudaStream_t stream, const T* x, const T* dy, T* dx) {
  using P = detail::Pool<S>;
  launch<pool_backward_kernel<S, T>>(stream, grid_for(P::kPlanes * P::kInPixels), kThreads, x, dy,
                                     dx);
}

/// y [N, C, 1, 1] = mean over the pixels of x [N, C, H, W].
template <class S, class T>
void global_pool_forward(cudaStream_t stream, const T* x, T* y) {
  constexpr std::size_t kPlanes = std::size_t(S::value.batch) * std::size_t(S::value.channels);
  launch<global_pool_forward_kernel<S, T>>(stream, blocks_for(kPlanes, kThreads / kWarp), kThreads,
                                           x, y);
}

/// dx [N, C, H, W] from dy [N, C, 1, 1].
template <class S, class T>
void global_pool_backward(cudaStream_t stream, const T* dy, T* dx) {
  launch<global_pool_backward_kernel<S, T>>(stream, grid_for(elements(S::value)), kThreads, dy, dx);
}

}  // namespace castnet::cuda
