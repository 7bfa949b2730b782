// PReLU: ReLU with a learned slope below 0 (K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into
// rectifiers", 2015).
#pragma once

#include <cstddef>

#include "kernels/cuda/channels.hpp"
#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

namespace detail {

template <class S>
struct PRelu {
  static constexpr PReluShape kShape = S::value;
  static_assert(kShape.slopes == 1 || kShape.slopes == kShape.channels);
  static constexpr unsigned kChannels = unsigned(kShape.channels);
  static constexpr unsigned kSlopes = unsigned(kShape.slopes);
  static constexpr unsigned kPixels = unsigned(kShape.height) * unsigned(kShape.width);
  static constexpr unsigned kBlocks = unsigned(image_blocks(kShape.batch));
  /// Sums in scratch that make the gradient of one slope: the blocks', of one or of all channels.
  static constexpr unsigned kParts = kBlocks * kChannels / kSlopes;
  using Channel = ChannelOfBlock<kShape.channels, int(kPixels)>;

  __device__ static float slope(const float* weight, unsigned channel) {
    return weight[kSlopes == 1 ? 0 : channel];
  }
};

}  // namespace detail

template <class S, class T>
__global__ void prelu_forward_kernel(const T* x, const float* weight, T* y) {
  using P = detail::PRelu<S>;
  each_element<elements(S::value)>([=](auto i) {
    const auto value = float(x[i]);
    y[i] = T(value > 0 ? value : value * P::slope(weight, unsigned(i / P::kPixels % P::kChannels)));
  });
}

/// One block: dx of a channel of kLanes images, and its sum of dy * x where x <= 0, into scratch
/// [batch / kLanes][channels].
template <class S, class T>
__global__ void __launch_bounds__(kReduceThreads)
    prelu_backward_kernel(const T* x, const T* dy, const float* weight, float* scratch, T* dx) {
  using P = detail::PRelu<S>;
  using Channel = typename P::Channel;
  constexpr int kBlock = reduce_threads(Channel::kItems);
  const Channel items{int(blockIdx.y), int(blockIdx.x)};
  const float slope = P::slope(weight, blockIdx.x);
  float sum[1] = {};
  for (unsigned i = threadIdx.x; i < Channel::kItems; i += kBlock) {
    const std::size_t at = items.offset(i);
    const auto value = float(x[at]), gradient = float(dy[at]);
    sum[0] += value > 0 ? 0 : value * gradient;
    dx[at] = T(value > 0 ? gradient : gradient * slope);
  }
  block_sum<kBlock>(sum);
  if (threadIdx.x == 0) scratch[std::size_t(blockIdx.y) * P::kChannels + blockIdx.x] = sum[0];
}

/// One block a slope: the sum of its parts in scratch.
template <class S>
__global__ void __launch_bounds__(kReduceThreads)
    prelu_merge_kernel(const float* scratch, float* d_weight) {
  using P = detail::PRelu<S>;
  constexpr int kBlock = reduce_threads(P::kParts);
  float sum[1] = {};
  for (unsigned i = threadIdx.x; i < P::kParts; i += kBlock) {
    sum[0] += scratch[std::size_t(i) * P::kSlopes + blockIdx.x];
  }
  block_sum<kBlock>(sum);
  if (threadIdx.x == 0) d_weight[blockIdx.x] = sum[0];
}

/// y [N, C, H, W] = x where x > 0, else x * weight, weight [S.slopes]. `y` may be `x` where
/// backward is not wanted.
template <class S, class T>
void prelu_forward(cudaStream_t stream, const T* x, const float* weight, T* y) {
  launch<prelu_forward_kernel<S, T>>(stream, grid_for(elements(S::value)), kThreads, x, weight, y);
}

/// Gradients of prelu_forward: dx [N, C, H, W] (may be `dy`) and d_weight [S.slopes]. At 0 the
/// slope is weight, as in PyTorch. scratch [S.scratch()].
template <class S, class T>
void prelu_backward(cudaStream_t stream, const T* x, const T* dy, const float* weight,
                    float* scratch, T* dx, float* d_weight) {
  using P = detail::PRelu<S>;
  launch<prelu_backward_kernel<S, T>>(stream, dim3(P::kChannels, P::kBlocks),
                                      reduce_threads(P::Channel::kItems), x, dy, weight, scratch,
                                      dx);
  launch<prelu_merge_kernel<S>>(stream, P::kSlopes, reduce_threads(P::kParts), scratch, d_weight);
}

}  // namespace castnet::cuda
