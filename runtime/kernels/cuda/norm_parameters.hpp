// The gradients of a norm's weight and bias, and for batch statistics what dx needs of them.
#pragma once

#include <cstddef>

#include "kernels/cuda/mask.hpp"
#include "kernels/cuda/norm_shape.hpp"
#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

namespace detail {

/// One element's share of d_bias, and times h = (x - mean) / std its share of d_weight.
struct Slope {
  float plain, product;
};

template <class S>
__device__ Slope slope_at(float x, float dy, const float* weight, const float* bias,
                          const float* saved, int image, int channel, int pixel) {
  const Moments of = moments<S>(saved, image, channel);
  const Point p = point<S>(x, of, weight, bias, channel, pixel);
  const float slope = activate_backward<Norm<S>::kAct>(p.before, dy, Norm<S>::kSlope);
  return {slope, slope * (p.centred * of.inverse)};
}

}  // namespace detail

/// One block: a channel of kLanes images, into scratch [block][d_weight C, d_bias C].
template <class S, class D, class T>
__global__ void __launch_bounds__(kReduceThreads)
    norm_channel_sums_kernel(Masks<D> masks, const T* x, const T* dy, const float* weight,
                             const float* bias, const float* saved, float* scratch) {
  using N = detail::Norm<S>;
  using Channel = typename N::Channel;
  constexpr int kBlock = reduce_threads(Channel::kItems);
  const Channel items{int(blockIdx.y), int(blockIdx.x)};
  const Mask<D, kLanes, N::kPixels> mask(masks, blockIdx.y * kLanes, blockIdx.x * N::kPixels);
  float sum[2] = {};
  for (unsigned i = threadIdx.x; i < Channel::kItems; i += kBlock) {
    const std::size_t at = items.offset(i);
    const float dropped = float(dy[at]) * mask.factor(i / N::kPixels, i % N::kPixels);
    const detail::Slope slope = detail::slope_at<S>(float(x[at]), dropped, weight, bias, saved,
                                                    items.image(i), items.channel, items.pixel(i));
    sum[0] += slope.product;
    sum[1] += slope.plain;
  }
  block_sum<kBlock>(sum);
  if (threadIdx.x == 0) {
    float* part = scratch + blockIdx.y * N::kPartial;
    part[blockIdx.x] = sum[0];
    part[N::kHalf + blockIdx.x] = sum[1];
  }
}

/// One thread: an element of kLanes images, into scratch [block][d_weight CHW, d_bias CHW].
template <class S, class D, class T>
__global__ void norm_element_sums_kernel(Masks<D> masks, const T* x, const T* dy,
                                         const float* weight, const float* bias, const float* saved,
                                         float* scratch) {
  using N = detail::Norm<S>;
  const Mask<D, kLanes, kThreads> mask(masks, blockIdx.y * kLanes, blockIdx.x * kThreads);
  const std::size_t place = std::size_t(blockIdx.x) * kThreads + threadIdx.x;
  if (place >= N::kHalf) return;
  const auto channel = int(place / unsigned(N::kPixels));
  const auto pixel = int(place % unsigned(N::kPixels));
  float product = 0, plain = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    const int image = int(blockIdx.y) * kLanes + lane;
    const std::size_t at = std::size_t(image) * N::kHalf + place;
    const float dropped = float(dy[at]) * mask.factor(unsigned(lane), threadIdx.x);
    const detail::Slope slope =
        detail::slope_at<S>(float(x[at]), dropped, weight, bias, saved, image, channel, pixel);
    product += slope.product;
    plain += slope.plain;
  }
  float* part = scratch + blockIdx.y * N::kPartial;
  part[place] = product;
  part[N::kHalf + place] = plain;
}

namespace detail {

/// The blocks' sums of element i, in ascending order; whoever `keeps` them leaves them in d_weight
/// and d_bias.
template <class S>
__device__ Slope total_slope(const float* scratch, std::size_t i, [[maybe_unused]] bool keeps,
                             [[maybe_unused]] float* d_weight, [[maybe_unused]] float* d_bias) {
  using N = Norm<S>;
  const float product = sum_parts(scratch + i, N::kPartial, N::kBlocks);
  const float plain = sum_parts(scratch + N::kHalf + i, N::kPartial, N::kBlocks);
  if constexpr (N::kAffine) {
    if (keeps) {
      d_weight[i] = product;
      d_bias[i] = plain;
    }
  }
  return {plain, product};
}

}  // namespace detail

/// An affine by element: all sums into d_weight and d_bias and, for the means, over the first
/// block's.
template <class S>
__global__ void norm_parameters_kernel(float* scratch, float* d_weight, float* d_bias) {
  using N = detail::Norm<S>;
  each_element<N::kHalf>([=](auto i) {
    const detail::Slope total = detail::total_slope<S>(scratch, i, true, d_weight, d_bias);
    scratch[i] = total.product;
    scratch[N::kHalf + i] = total.plain;
  });
}

/// Batch statistics and an affine by element. One block a channel: the means over the batch of g h
/// and of g (norm_backward.hpp), over the totals of the channel's first place.
template <class S>
__global__ void __launch_bounds__(kReduceThreads)
    norm_means_kernel(const float* weight, float* scratch) {
  using N = detail::Norm<S>;
  constexpr int kTerms = N::kPixels;
  constexpr int kBlock = reduce_threads(kTerms);
  const auto channel = int(blockIdx.x);
  double sum[2] = {};
  for (int p = int(threadIdx.x); p < kTerms; p += kBlock) {
    const double factor = double(N::factor(weight, channel, p));
    sum[0] += factor * double(scratch[N::place(channel, p)]);
    sum[1] += factor * double(scratch[N::kHalf + N::place(channel, p)]);
  }
  block_sum<kBlock>(sum);
  if (threadIdx.x == 0) {
    constexpr double kScale = 1.0 / (double(N::kShape.batch) * N::kPixels);
    scratch[N::place(channel, 0)] = float(sum[0] * kScale);
    scratch[N::kHalf + N::place(channel, 0)] = float(sum[1] * kScale);
  }
}

namespace detail {

/// The sums of each block, which dx's kernel adds up where it is by channel; those of an affine by
/// element are added up here.
template <class S, class D, class T>
void norm_parameters(cudaStream_t stream, Masks<D> masks, const T* x, const T* dy,
                     const float* weight, const float* bias, const float* saved, float* scratch,
                     float* d_weight, float* d_bias) {
  using N = Norm<S>;
  if constexpr (N::kElement) {
    const dim3 grid(blocks_for(N::kHalf), unsigned(N::kBlocks));
    launch<norm_element_sums_kernel<S, D, T>>(stream, grid, kThreads, masks, x, dy, weight, bias,
                                              saved, scratch);
    launch<norm_parameters_kernel<S>>(stream, grid_for(N::kHalf), kThreads, scratch, d_weight,
                                      d_bias);
    if constexpr (N::kPerBatch) {
      launch<norm_means_kernel<S>>(stream, N::kChannels, reduce_threads(N::kPixels), weight,
                                   scratch);
    }
  } else {
    const dim3 grid(unsigned(N::kChannels), unsigned(N::kBlocks));
    launch<norm_channel_sums_kernel<S, D, T>>(stream, grid, reduce_threads(N::Channel::kItems),
                                              masks, x, dy, weight, bias, saved, scratch);
  }
}

}  // namespace detail

}  // namespace castnet::cuda
