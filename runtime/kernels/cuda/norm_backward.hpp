// Batch, group, layer and instance norm with the activation that follows, and for norm_dropout.hpp
// the dropout behind it: backward.
// With g = act'(.) dy mask weight and h = (x - mean) / deviation, over the set that shares its
// statistics: dx = (g - mean(g) - h mean(g h)) / deviation.
#pragma once

#include <cstddef>

#include "kernels/cuda/mask.hpp"
#include "kernels/cuda/norm_parameters.hpp"
#include "kernels/cuda/share.hpp"

namespace castnet::cuda {

/// Batch statistics: dx from the means that norm_means_kernel left in scratch.
template <class S, class D, class T>
__global__ void norm_input_kernel(Masks<D> masks, const T* x, const T* dy, const float* weight,
                                  const float* bias, const float* saved, const float* means,
                                  T* dx) {
  using N = detail::Norm<S>;
  MaskedElements<S, D>::each(masks, [=](auto i, float factor) {
    const auto pixel = int(i % unsigned(N::kPixels));
    const auto channel = int(i / unsigned(N::kPixels) % unsigned(N::kChannels));
    const detail::Moments of = detail::moments<S>(saved, 0, channel);
    const detail::Point point = detail::point<S>(float(x[i]), of, weight, bias, channel, pixel);
    const float slope = activate_backward<N::kAct>(point.before, float(dy[i]) * factor, N::kSlope);
    const float offset = of.inverse * means[N::kHalf + N::place(channel, 0)];
    const float pull = of.inverse * of.inverse * means[N::place(channel, 0)];
    dx[i] = T(slope * point.scale - offset - point.centred * pull);
  });
}

namespace detail {

/// x - mean and g / deviation of one element.
struct Pull {
  float centred, gradient;
};

}  // namespace detail

/// One block a group of an image: the means of g and g h over it, then dx.
template <class S, class D, class T>
__global__ void __launch_bounds__(kReduceThreads)
    norm_group_input_kernel(Masks<D> masks, const T* x, const T* dy, const float* weight,
                            const float* bias, const float* saved, T* dx) {
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
  if constexpr (N::kPerBatch) {
    using Elements = MaskedElements<S, D>;
    launch<norm_input_kernel<S, D, T>>(stream, Elements::kGrid, Elements::kBlock, masks, x, dy,
                                       weight, bias, saved, scratch, dx);
  } else {
    launch<norm_group_input_kernel<S, D, T>>(stream, N::kGroups, reduce_threads(N::kGroup), masks,
                                             x, dy, weight, bias, saved, dx);
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
