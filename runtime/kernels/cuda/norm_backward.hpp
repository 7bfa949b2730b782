// Batch, group, layer and instance norm with the activation that follows, and for norm_dropout.hpp
// the dropout behind it: backward.
// With g = act'(.) dy mask weight and h = (x - mean) / std, over the set that shares its
// statistics: dx = (g - mean(g) - h mean(g h)) / std.
#pragma once

#include <cstddef>

#include "kernels/cuda/mask.hpp"
#include "kernels/cuda/norm_parameters.hpp"
#include "kernels/cuda/share.hpp"

namespace castnet::cuda {

namespace detail {

/// dx of one element of a channel with batch statistics, from the means of g h and of g.
template <class S>
__device__ float batch_input(float x, float dy, const Moments& of, const float* weight,
                             const float* bias, int channel, int pixel, float product,
                             float plain) {
  using N = Norm<S>;
  const Point p = point<S>(x, of, weight, bias, channel, pixel);
  const float slope = activate_backward<N::kAct>(p.before, dy, N::kSlope);
  const float offset = of.inverse * plain;
  const float pull = of.inverse * of.inverse * product;
  return slope * p.scale - offset - p.centred * pull;
}

}  // namespace detail

/// Batch statistics, and no affine by element. One block a channel of kLanes images: each adds up
/// the blocks' sums, which are few, and the first of a channel keeps them as d_weight and d_bias;
/// then dx.
template <class S, class D, class T>
__global__ void __launch_bounds__(kReduceThreads)
    norm_channel_input_kernel(Masks<D> masks, const T* x, const T* dy, const float* weight,
                              const float* bias, const float* saved, const float* scratch, T* dx,
                              float* d_weight, float* d_bias) {
  using N = detail::Norm<S>;
  using Channel = typename N::Channel;
  constexpr int kBlock = reduce_threads(Channel::kItems);
  constexpr double kScale = 1.0 / (double(N::kShape.batch) * N::kPixels);
  const Channel items{int(blockIdx.y), int(blockIdx.x)};
  const Mask<D, kLanes, N::kPixels> mask(masks, blockIdx.y * kLanes, blockIdx.x * N::kPixels);
  __shared__ float product, plain;
  if (threadIdx.x == 0) {
    const detail::Slope total =
        detail::total_slope<S>(scratch, blockIdx.x, blockIdx.y == 0, d_weight, d_bias);
    const double factor = double(N::factor(weight, items.channel, 0)) * kScale;
    product = float(factor * double(total.product));
    plain = float(factor * double(total.plain));
  }
  __syncthreads();
  const detail::Moments of = detail::moments<S>(saved, 0, items.channel);
  for (unsigned i = threadIdx.x; i < Channel::kItems; i += kBlock) {
    const std::size_t at = items.offset(i);
    const float dropped = float(dy[at]) * mask.factor(i / N::kPixels, i % N::kPixels);
    dx[at] = T(detail::batch_input<S>(float(x[at]), dropped, of, weight, bias, items.channel,
                                      items.pixel(i), product, plain));
  }
}

/// Batch statistics and an affine by element: dx from the means that norm_means_kernel left in
/// scratch.
template <class S, class D, class T>
__global__ void norm_input_kernel(Masks<D> masks, const T* x, const T* dy, const float* weight,
                                  const float* bias, const float* saved, const float* means,
                                  T* dx) {
  using N = detail::Norm<S>;
  MaskedElements<S, D>::each(masks, [=](auto i, float factor) {
    const auto pixel = int(i % unsigned(N::kPixels));
    const auto channel = int(i / unsigned(N::kPixels) % unsigned(N::kChannels));
    const std::size_t first = N::place(channel, 0);
    dx[i] = T(detail::batch_input<S>(float(x[i]), float(dy[i]) * factor,
                                     detail::moments<S>(saved, 0, channel), weight, bias, channel,
                                     pixel, means[first], means[N::kHalf + first]));
  });
}

namespace detail {

/// x - mean and g / std of one element.
struct Pull {
  float centred, gradient;
};

}  // namespace detail

/// One block a group of an image: the means of g and g h over it, then dx. Those of the first image
/// add up what the blocks left of the gradients of an affine by channel.
template <class S, class D, class T>
__global__ void __launch_bounds__(kReduceThreads)
    norm_group_input_kernel(Masks<D> masks, const T* x, const T* dy, const float* weight,
                            const float* bias, const float* saved,
                            [[maybe_unused]] const float* scratch, T* dx,
                            [[maybe_unused]] float* d_weight, [[maybe_unused]] float* d_bias) {
  using N = detail::Norm<S>;
  constexpr int kBlock = reduce_threads(N::kGroup);
  constexpr auto kScale = float(1.0 / N::kGroup);
  const std::size_t origin = std::size_t(blockIdx.x) * N::kGroup;
  const int first = int(blockIdx.x % unsigned(N::kShape.groups)) * N::kGroupChannels;
  const detail::Moments of{saved[blockIdx.x], saved[N::kInverse + blockIdx.x]};
  const Mask<D, 1, N::kGroup> mask(masks, N::image_of_group(), N::first_of_group());
  const auto items = share<N::kGroup, kBlock>([=](unsigned i) {
    const detail::Point point =
        detail::point<S>(float(x[origin + i]), of, weight, bias,
                         first + int(i / unsigned(N::kPixels)), int(i % unsigned(N::kPixels)));
    const float slope = activate_backward<N::kAct>(
        point.before, float(dy[origin + i]) * mask.factor(0, i), N::kSlope);
    return detail::Pull{point.centred, slope * point.scale};
  });
  if constexpr (N::kAffine && !N::kElement) {
    if (N::image_of_group() == 0) {
      for (int c = int(threadIdx.x); c < N::kGroupChannels; c += kBlock) {
        detail::total_slope<S>(scratch, std::size_t(first + c), true, d_weight, d_bias);
      }
    }
  }
  float sum[2] = {};
  items.each([&](unsigned, const detail::Pull& item) {
    sum[0] += item.gradient;
    sum[1] += item.gradient * item.centred;
  });
  block_sum<kBlock>(sum);
  const float offset = sum[0] * kScale;
  const float pull = of.inverse * of.inverse * (sum[1] * kScale);
  items.each([&](unsigned i, const detail::Pull& item) {
    dx[origin + i] = T(item.gradient - offset - item.centred * pull);
  });
}

namespace detail {

/// As cuda::norm_backward, with a dropout of dy.
template <class S, class D, class T>
void norm_backward(cudaStream_t stream, Masks<D> masks, const T* x, const T* dy,
                   const float* weight, const float* bias, const float* saved, float* scratch,
                   T* dx, float* d_weight, float* d_bias) {
  using N = Norm<S>;
  if constexpr (N::kPerBatch || N::kAffine) {  // before dx, which may be dy
    norm_parameters<S>(stream, masks, x, dy, weight, bias, saved, scratch, d_weight, d_bias);
  }
  if constexpr (N::kPerBatch && N::kElement) {
    using Elements = MaskedElements<S, D>;
    launch<norm_input_kernel<S, D, T>>(stream, Elements::kGrid, Elements::kBlock, masks, x, dy,
                                       weight, bias, saved, scratch, dx);
  } else if constexpr (N::kPerBatch) {
    const dim3 grid(unsigned(N::kChannels), unsigned(N::kBlocks));
    launch<norm_channel_input_kernel<S, D, T>>(stream, grid, reduce_threads(N::Channel::kItems),
                                               masks, x, dy, weight, bias, saved, scratch, dx,
                                               d_weight, d_bias);
  } else {
    launch<norm_group_input_kernel<S, D, T>>(stream, N::kGroups, reduce_threads(N::kGroup), masks,
                                             x, dy, weight, bias, saved, scratch, dx, d_weight,
                                             d_bias);
  }
}

}  // namespace detail

/// Gradients of norm_forward in Mode::train: dx [N, C, H, W] (may be `dy`), d_weight and d_bias in
/// the shape of the affine map (nullptr for none), from its input x, the gradient dy of its output
/// and what it saved. The value before the activation is computed again. scratch [S.scratch()].
template <class S, class T>
void norm_backward(cudaStream_t stream, const T* x, const T* dy, const float* weight,
                   const float* bias, const float* saved, float* scratch, T* dx, float* d_weight,
                   float* d_bias) {
  detail::norm_backward<S>(stream, Masks<NoDropout>{}, x, dy, weight, bias, saved, scratch, dx,
                           d_weight, d_bias);
}

}  // namespace castnet::cuda
