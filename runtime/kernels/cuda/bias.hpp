// A convolution's bias, which cuDNN leaves to us, and the activation behind it.
#pragma once

#include "kernels/cuda/activation_function.hpp"
#include "kernels/cuda/channels.hpp"
#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

namespace detail {

constexpr std::size_t output_elements(const ConvShape& shape) {
  return std::size_t(shape.batch) * std::size_t(shape.out_channels) *
         std::size_t(shape.out_height()) * std::size_t(shape.out_width());
}

}  // namespace detail

template <class S, class T>
__global__ void add_bias_kernel(const float* bias, T* y) {
  constexpr ConvShape kShape = S::value;
  constexpr unsigned kChannels = kShape.out_channels;
  constexpr unsigned kPixels = kShape.out_height() * kShape.out_width();
  each_element<detail::output_elements(kShape)>(
      [=](auto i) { y[i] = T(float(y[i]) + bias[i / kPixels % kChannels]); });
}

template <class S, class A, class T>
__global__ void bias_activation_forward_kernel([[maybe_unused]] const float* bias, T* y) {
  constexpr ConvShape kShape = S::value;
  constexpr unsigned kChannels = kShape.out_channels;
  constexpr unsigned kPixels = kShape.out_height() * kShape.out_width();
  each_element<detail::output_elements(kShape)>([=](auto i) {
    float value = float(y[i]);
    if constexpr (S::value.bias) value += bias[i / kPixels % kChannels];
    y[i] = T(activate<A::value.act>(value, float(A::value.slope)));
  });
}

/// One block: dz of a channel of kLanes images, and its sum into scratch [batch /
/// kLanes][channels].
template <class S, class A, class T>
__global__ void __launch_bounds__(kReduceThreads)
    bias_activation_backward_kernel(const T* y, const T* dy, float* scratch, T* dz) {
  constexpr ConvShape kShape = S::value;
  constexpr int kChannels = kShape.out_channels;
  using Items = ChannelOfBlock<kChannels, kShape.out_height() * kShape.out_width()>;
  constexpr int kBlock = reduce_threads(Items::kItems);
  const Items items{int(blockIdx.y), int(blockIdx.x)};
  float sum[1] = {};
  for (unsigned i = threadIdx.x; i < Items::kItems; i += kBlock) {
    const std::size_t at = items.offset(i);
    const T gradient =
        T(activate_backward_kept<A::value.act>(float(y[at]), float(dy[at]), float(A::value.slope)));
    dz[at] = gradient;
    sum[0] += float(gradient);
  }
  if constexpr (kShape.bias) {
    block_sum<kBlock>(sum);
    if (threadIdx.x == 0) scratch[blockIdx.y * std::size_t(kChannels) + blockIdx.x] = sum[0];
  }
}

/// One block: a channel's sum over kLanes images, into scratch [batch / kLanes][channels].
template <class S, class T>
__global__ void __launch_bounds__(kReduceThreads) bias_sums_kernel(const T* dy, float* scratch) {
  constexpr ConvShape kShape = S::value;
  constexpr int kChannels = kShape.out_channels;
  using Items = ChannelOfBlock<kChannels, kShape.out_height() * kShape.out_width()>;
  constexpr int kBlock = reduce_threads(Items::kItems);
  const Items items{int(blockIdx.y), int(blockIdx.x)};
  float sum[1] = {};
  for (unsigned i = threadIdx.x; i < Items::kItems; i += kBlock) {
    sum[0] += float(dy[items.offset(i)]);
  }
  block_sum<kBlock>(sum);
  if (threadIdx.x == 0) scratch[blockIdx.y * std::size_t(kChannels) + blockIdx.x] = sum[0];
}

template <class S>
__global__ void bias_merge_kernel(const float* scratch, float* d_bias) {
  constexpr ConvShape kShape = S::value;
  constexpr std::size_t kChannels = kShape.out_channels;
  each_element<kChannels>(
      [=](auto c) { d_bias[c] = sum_parts(scratch + c, kChannels, image_blocks(kShape.batch)); });
}

/// y [N, out_channels, H, W] += bias [out_channels].
template <class S, class T>
void add_bias(cudaStream_t stream, const float* bias, T* y) {
  launch<add_bias_kernel<S, T>>(stream, grid_for(detail::output_elements(S::value)), kThreads, bias,
                                y);
}

/// d_bias [out_channels]: the sums of dy [N, out_channels, H, W]. scratch
/// [S.filter_scratch()].
template <class S, class T>
void bias_gradient(cudaStream_t stream, const T* dy, float* scratch, float* d_bias) {
  constexpr ConvShape kShape = S::value;
  constexpr unsigned kChannels = kShape.out_channels;
  const dim3 grid(kChannels, unsigned(image_blocks(kShape.batch)));
  constexpr std::size_t kItems =
      std::size_t(kLanes) * std::size_t(kShape.out_height() * kShape.out_width());
  launch<bias_sums_kernel<S, T>>(stream, grid, reduce_threads(kItems), dy, scratch);
  launch<bias_merge_kernel<S>>(stream, grid_for(kChannels), kThreads, scratch, d_bias);
}

/// y [N, out_channels, H, W] = activation A of y + bias [out_channels] (nullptr when !S.bias).
template <class S, class A, class T>
void bias_activation_forward(cudaStream_t stream, const float* bias, T* y) {
  launch<bias_activation_forward_kernel<S, A, T>>(
      stream, grid_for(detail::output_elements(S::value)), kThreads, bias, y);
}

/// dz [N, out_channels, H, W], the gradient before the activation, from dy and the output y, for
/// ReLU, sigmoid and leaky ReLU of positive slope; and when S.bias, d_bias [out_channels]: its
/// sums. scratch [S.bias_scratch()]. `dz` may be `dy`.
template <class S, class A, class T>
void bias_activation_backward(cudaStream_t stream, const T* y, const T* dy, float* scratch, T* dz,
                              [[maybe_unused]] float* d_bias) {
  constexpr ConvShape kShape = S::value;
  constexpr unsigned kChannels = kShape.out_channels;
  const dim3 grid(kChannels, unsigned(image_blocks(kShape.batch)));
  constexpr std::size_t kItems =
      std::size_t(kLanes) * std::size_t(kShape.out_height() * kShape.out_width());
  launch<bias_activation_backward_kernel<S, A, T>>(stream, grid, reduce_threads(kItems), y, dy,
                                                   scratch, dz);
  if constexpr (kShape.bias) {
    launch<bias_merge_kernel<S>>(stream, grid_for(kChannels), kThreads, scratch, d_bias);
  }
}

}  // namespace castnet::cuda
