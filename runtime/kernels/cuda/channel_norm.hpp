// Channel norm: statistics over the channels of each pixel, with an affine map by channel
// (ConvNeXt's LayerNorm of channels_first). With g = dy weight and h = (x - mean) / std, over
// the channels of a pixel: dx = (g - mean(g) - h mean(g h)) / std.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/cuda/channels.hpp"
#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/reduce.hpp"
#include "kernels/cuda/share.hpp"

namespace castnet::cuda {

namespace detail {

/// A block has kWarp neighbouring pixels of the batch, one for each lane of its warps, which share
/// out the channels. Item i is channel i / kWarp of the lane's pixel, which is why a thread's share
/// of kItems has the channels of one pixel.
template <class S>
struct ChannelNorm {
  static constexpr ChannelNormShape kShape = S::value;
  static constexpr unsigned kChannels = unsigned(kShape.channels);
  static constexpr unsigned kPixels = unsigned(kShape.height) * unsigned(kShape.width);
  static constexpr std::size_t kAllPixels = std::size_t(kShape.batch) * kPixels;
  static constexpr unsigned kGrid = blocks_for(kAllPixels, kWarp);
  static constexpr unsigned kItems = kChannels * unsigned(kWarp);
  static constexpr int kBlock = reduce_threads(kItems);
  static constexpr unsigned kBlocks = unsigned(image_blocks(kShape.batch));
  /// Elements of scratch a block of images: its sums for d_weight, then for d_bias.
  static constexpr std::size_t kPartial = 2 * std::size_t(kChannels);
  static constexpr float kShare = float(1.0 / kShape.channels);
  using Channel = ChannelOfBlock<kShape.channels, int(kPixels)>;

  __device__ static float factor(const float* weight, unsigned channel) {
    return kShape.affine ? weight[channel] : 1;
  }
  __device__ static float shift(const float* bias, unsigned channel) {
    return kShape.affine ? bias[channel] : 0;
  }
};

/// The pixel of the calling thread.
template <class S>
struct PixelOfThread {
  using N = ChannelNorm<S>;
  std::size_t pixel;

  __device__ static PixelOfThread get() {
    return {std::size_t(blockIdx.x) * kWarp + threadIdx.x % kWarp};
  }
  /// False in lanes behind the last pixel.
  __device__ bool exists() const { return pixel < N::kAllPixels; }
  __device__ static unsigned channel(unsigned i) { return i / kWarp; }
  /// Where item i stands in [N, C, H, W].
  __device__ std::size_t offset(unsigned i) const {
    return (pixel / N::kPixels * N::kChannels + channel(i)) * N::kPixels + pixel % N::kPixels;
  }
};

/// Replaces each of N values by its sum over the threads of the block that have the same lane,
/// in ascending order of the warps.
template <int Threads, std::size_t N>
__device__ void lane_sum(float (&value)[N]) {
  constexpr int kWarps = Threads / kWarp;
  if constexpr (kWarps > 1) {
    __shared__ float part[N][kWarps][kWarp];
    const int lane = int(threadIdx.x) % kWarp, warp = int(threadIdx.x) / kWarp;
    CASTNET_UNROLL
    for (std::size_t n = 0; n < N; ++n) part[n][warp][lane] = value[n];
    __syncthreads();
    CASTNET_UNROLL
    for (std::size_t n = 0; n < N; ++n) value[n] = sum_parts(&part[n][0][lane], kWarp, kWarps);
    __syncthreads();  // the next sum writes `part` again
  }
}

}  // namespace detail

template <class S, class T>
__global__ void __launch_bounds__(kReduceThreads)
    channel_norm_forward_kernel(const T* x, const float* weight, const float* bias, float* saved,
                                T* y) {
  using N = detail::ChannelNorm<S>;
  const auto own = detail::PixelOfThread<S>::get();
  const auto numbers = share<N::kItems, N::kBlock>(
      [=](unsigned i) { return own.exists() ? float(x[own.offset(i)]) : 0; });
  float sum[1] = {};
  numbers.each([&](unsigned, float value) { sum[0] += value; });
  detail::lane_sum<N::kBlock>(sum);
  const float rough = sum[0] * N::kShare;
  float about[2] = {};  // the squares about that mean, and corrected for its rounding
  numbers.each([&](unsigned, float value) {
    const float delta = value - rough;
    about[0] += delta;
    about[1] += delta * delta;
  });
  detail::lane_sum<N::kBlock>(about);
  if (!own.exists()) return;
  const float drift = about[0] * N::kShare;
  const float mean = rough + drift;
  const float variance = std::max((about[1] - about[0] * drift) * N::kShare, 0.0F);
  const float inverse = 1 / std::sqrt(variance + float(N::kShape.epsilon));
  if (threadIdx.x < kWarp) {
    saved[own.pixel] = mean;
    saved[N::kAllPixels + own.pixel] = inverse;
  }
  numbers.each([&](unsigned i, float value) {
    const unsigned channel = own.channel(i);
    const float scale = inverse * N::factor(weight, channel);
    y[own.offset(i)] = T((value - mean) * scale + N::shift(bias, channel));
  });
}

/// One block: a channel of kLanes images, into scratch [block][d_weight C, d_bias C].
template <class S, class T>
__global__ void __launch_bounds__(kReduceThreads)
    channel_norm_sums_kernel(const T* x, const T* dy, const float* saved, float* scratch) {
  using N = detail::ChannelNorm<S>;
  using Channel = typename N::Channel;
  constexpr int kBlock = reduce_threads(Channel::kItems);
  const Channel items{int(blockIdx.y), int(blockIdx.x)};
  float sum[2] = {};
  for (unsigned i = threadIdx.x; i < Channel::kItems; i += kBlock) {
    const std::size_t at = items.offset(i);
    const std::size_t pixel = std::size_t(items.image(i)) * N::kPixels + i % N::kPixels;
    const auto gradient = float(dy[at]);
    sum[0] += gradient * ((float(x[at]) - saved[pixel]) * saved[N::kAllPixels + pixel]);
    sum[1] += gradient;
  }
  block_sum<kBlock>(sum);
  if (threadIdx.x == 0) {
    float* part = scratch + blockIdx.y * N::kPartial;
    part[blockIdx.x] = sum[0];
    part[N::kChannels + blockIdx.x] = sum[1];
  }
}

namespace detail {

/// h = (x - mean) / std and g of one element.
struct NormalisedGradient {
  float h, gradient;
};

}  // namespace detail

/// dx; the first block adds up what channel_norm_sums_kernel left in scratch.
template <class S, class T>
__global__ void __launch_bounds__(kReduceThreads)
    channel_norm_input_kernel(const T* x, const T* dy, const float* weight, const float* saved,
                              [[maybe_unused]] const float* scratch, T* dx,
                              [[maybe_unused]] float* d_weight, [[maybe_unused]] float* d_bias) {
  using N = detail::ChannelNorm<S>;
  if constexpr (N::kShape.affine) {
    if (blockIdx.x == 0) {
      for (unsigned c = threadIdx.x; c < N::kChannels; c += N::kBlock) {
        d_weight[c] = sum_parts(scratch + c, N::kPartial, N::kBlocks);
        d_bias[c] = sum_parts(scratch + N::kChannels + c, N::kPartial, N::kBlocks);
      }
    }
  }
  const auto own = detail::PixelOfThread<S>::get();
  const float mean = own.exists() ? saved[own.pixel] : 0;
  const float inverse = own.exists() ? saved[N::kAllPixels + own.pixel] : 0;
  const auto items = share<N::kItems, N::kBlock>([=](unsigned i) {
    if (!own.exists()) return detail::NormalisedGradient{};
    const std::size_t at = own.offset(i);
    return detail::NormalisedGradient{(float(x[at]) - mean) * inverse,
                                      float(dy[at]) * N::factor(weight, own.channel(i))};
  });
  float sum[2] = {};
  items.each([&](unsigned, const detail::NormalisedGradient& item) {
    sum[0] += item.gradient;
    sum[1] += item.gradient * item.h;
  });
  detail::lane_sum<N::kBlock>(sum);
  if (!own.exists()) return;
  const float plain = sum[0] * N::kShare, product = sum[1] * N::kShare;
  items.each([&](unsigned i, const detail::NormalisedGradient& item) {
    dx[own.offset(i)] = T((item.gradient - plain - item.h * product) * inverse);
  });
}

/// y [N, C, H, W] = (x - mean) / sqrt(variance + epsilon) * weight + bias, with the mean and the
/// biased variance over the channels of each pixel. weight, bias [C]; nullptr unless S.affine.
/// saved [2, N, H, W]: each pixel's mean, then 1 / std. `y` may be `x` where backward is not
/// wanted.
template <class S, class T>
void channel_norm_forward(cudaStream_t stream, const T* x, const float* weight, const float* bias,
                          float* saved, T* y) {
  using N = detail::ChannelNorm<S>;
  launch<channel_norm_forward_kernel<S, T>>(stream, N::kGrid, N::kBlock, x, weight, bias, saved, y);
}

/// Gradients of channel_norm_forward, from its input x, the gradient dy of its output and what it
/// saved: dx [N, C, H, W] (may be `dy`), d_weight and d_bias [C]; nullptr unless S.affine. scratch
/// [S.scratch()].
template <class S, class T>
void channel_norm_backward(cudaStream_t stream, const T* x, const T* dy, const float* weight,
                           const float* saved, float* scratch, T* dx, float* d_weight,
                           float* d_bias) {
  using N = detail::ChannelNorm<S>;
  if constexpr (N::kShape.affine) {  // before dx, which may be dy
    launch<channel_norm_sums_kernel<S, T>>(stream, dim3(N::kChannels, N::kBlocks),
                                           reduce_threads(N::Channel::kItems), x, dy, saved,
                                           scratch);
  }
  launch<channel_norm_input_kernel<S, T>>(stream, N::kGrid, N::kBlock, x, dy, weight, saved,
                                          scratch, dx, d_weight, d_bias);
}

}  // namespace castnet::cuda
