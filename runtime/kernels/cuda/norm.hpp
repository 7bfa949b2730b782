// Batch, group, layer and instance norm with the activation that follows, and for norm_dropout.hpp
// the dropout behind it: forward.
#pragma once

#include <cmath>
#include <cstddef>

#include "core/program.hpp"
#include "kernels/cuda/mask.hpp"
#include "kernels/cuda/norm_backward.hpp"
#include "kernels/cuda/norm_statistics.hpp"

namespace castnet::cuda {

/// Batch statistics: y = act((x - mean) * inverse * weight + bias), and the dropout. One block a
/// channel of kLanes images. In training each makes the moments of what norm_spread_kernel left in
/// scratch, which is little, and the first of a channel keeps them; else they are the running ones.
template <class S, class D, bool Training, class T>
__global__ void __launch_bounds__(kReduceThreads)
    norm_apply_kernel(Masks<D> masks, const T* x, const float* weight, const float* bias,
                      [[maybe_unused]] const float* scratch, [[maybe_unused]] float* saved,
                      float* running_mean, float* running_var, T* y) {
  using N = detail::Norm<S>;
  using Channel = typename N::Channel;
  constexpr int kBlock = reduce_threads(Channel::kItems);
  const Channel items{int(blockIdx.y), int(blockIdx.x)};
  const auto numbers =
      share<Channel::kItems, kBlock>([=](unsigned i) { return float(x[items.offset(i)]); });
  const Mask<D, kLanes, N::kPixels> mask(masks, blockIdx.y * kLanes, blockIdx.x * N::kPixels);
  __shared__ float mean, inverse;
  if (threadIdx.x < kWarp) {
    detail::Moments own{};
    if constexpr (Training) {
      own = detail::batch_moments<S>(scratch, blockIdx.x, blockIdx.y == 0, saved, running_mean,
                                     running_var);
    } else {
      own = detail::running_moments<S>(running_mean, running_var, blockIdx.x);
    }
    if (threadIdx.x == 0) {
      mean = own.mean;
      inverse = own.inverse;
    }
  }
  __syncthreads();
  const detail::Moments moments{mean, inverse};
  numbers.each([&](unsigned i, float value) {
    const detail::Point point =
        detail::point<S>(value, moments, weight, bias, items.channel, items.pixel(i));
    y[items.offset(i)] =
        T(activate<N::kAct>(point.before, N::kSlope) * mask.factor(i / N::kPixels, i % N::kPixels));
  });
}

namespace detail {

/// A block's statistics of its group of an image; left in saved.
template <class S, class Numbers>
__device__ Moments group_moments(const Numbers& numbers, float* saved) {
  using N = Norm<S>;
  const Measured measured = block_measured<N::kGroup, reduce_threads(N::kGroup)>(numbers);
  __shared__ float inverse;
  if (threadIdx.x == 0) {  // in double, which many a GPU has few units for
    const double variance = std::fmax(double(measured.squares * float(1.0 / N::kGroup)), 0.0);
    inverse = float(1 / std::sqrt(variance + N::kShape.epsilon));
    saved[blockIdx.x] = measured.mean;
    saved[N::kInverse + blockIdx.x] = inverse;
  }
  __syncthreads();
  return {measured.mean, inverse};
}

}  // namespace detail

/// One block a group of an image: its statistics.
template <class S, class T>
__global__ void __launch_bounds__(kReduceThreads)
    norm_group_statistics_kernel(const T* x, float* saved) {
  using N = detail::Norm<S>;
  const std::size_t origin = std::size_t(blockIdx.x) * N::kGroup;
  const auto numbers =
      share<N::kGroup, reduce_threads(N::kGroup)>([=](unsigned i) { return float(x[origin + i]); });
  detail::group_moments<S>(numbers, saved);
}

/// One block a group of an image: its statistics, then the group.
template <class S, class D, class T>
__global__ void __launch_bounds__(kReduceThreads)
    norm_group_kernel(Masks<D> masks, const T* x, const float* weight, const float* bias,
                      float* saved, T* y) {
  using N = detail::Norm<S>;
  constexpr int kBlock = reduce_threads(N::kGroup);
  const std::size_t origin = std::size_t(blockIdx.x) * N::kGroup;
  const auto numbers = share<N::kGroup, kBlock>([=](unsigned i) { return float(x[origin + i]); });
  const Mask<D, 1, N::kGroup> mask(masks, N::image_of_group(), N::first_of_group());
  const detail::Moments moments = detail::group_moments<S>(numbers, saved);
  const int first = int(blockIdx.x % unsigned(N::kShape.groups)) * N::kGroupChannels;
  numbers.each([&](unsigned i, float value) {
    const detail::Point point =
        detail::point<S>(value, moments, weight, bias, first + int(i / unsigned(N::kPixels)),
                         int(i % unsigned(N::kPixels)));
    y[origin + i] = T(activate<N::kAct>(point.before, N::kSlope) * mask.factor(0, i));
  });
}

/// What norm_forward<S> leaves in `saved` and the running statistics, without its y: for
/// Normalised<S>.
template <class S, class T>
void norm_statistics(cudaStream_t stream, Mode mode, const T* x, float* saved, float* running_mean,
                     float* running_var, float* scratch) {
  using N = detail::Norm<S>;
  if constexpr (!N::kPerBatch) {
    launch<norm_group_statistics_kernel<S, T>>(stream, N::kGroups, reduce_threads(N::kGroup), x,
                                               saved);
  } else if (mode == Mode::train) {
    launch<norm_spread_kernel<S, T>>(stream, dim3(unsigned(N::kChannels), unsigned(N::kBlocks)),
                                     reduce_threads(N::Channel::kItems), x, scratch);
    launch<norm_merge_kernel<S>>(stream, N::kChannels, kWarp, scratch, saved, running_mean,
                                 running_var);
  } else {
    launch<norm_running_kernel<S>>(stream, grid_for(N::kChannels), kThreads, running_mean,
                                   running_var, saved);
  }
}

namespace detail {

/// As cuda::norm_forward, with a dropout in both modes.
template <class S, class D, class T>
void norm_forward(cudaStream_t stream, Mode mode, Masks<D> masks, const T* x, const float* weight,
                  const float* bias, float* saved, float* running_mean, float* running_var,
                  float* scratch, T* y) {
  using N = Norm<S>;
  if constexpr (N::kPerBatch) {
    const dim3 grid(unsigned(N::kChannels), unsigned(N::kBlocks));
    constexpr int kBlock = reduce_threads(N::Channel::kItems);
    if (mode == Mode::train) {
      launch<norm_spread_kernel<S, T>>(stream, grid, kBlock, x, scratch);
      launch<norm_apply_kernel<S, D, true, T>>(stream, grid, kBlock, masks, x, weight, bias,
                                               scratch, saved, running_mean, running_var, y);
    } else {
      launch<norm_apply_kernel<S, D, false, T>>(stream, grid, kBlock, masks, x, weight, bias,
                                                scratch, saved, running_mean, running_var, y);
    }
  } else {
    launch<norm_group_kernel<S, D, T>>(stream, N::kGroups, reduce_threads(N::kGroup), masks, x,
                                       weight, bias, saved, y);
  }
}

}  // namespace detail

/// y [N, C, H, W] = act((x - mean) / sqrt(variance + epsilon) * weight + bias); `y` may be `x`
/// where backward is not wanted.
/// weight and bias: [C] or [C, H, W] as the shape's affine says, nullptr for none.
/// saved [S.saved()]: mean and 1 / std for backward; per channel, or per image and group
/// ([N][groups]). Batch statistics are left there by training alone, and by norm_statistics in both
/// modes.
/// running_mean [C], running_var [C]: batch statistics only, else nullptr. Training moves them by
/// momentum towards the batch's mean and unbiased variance (PyTorch's rule); Mode::evaluate
/// normalises by them. Other norms do the same in both modes.
/// scratch [S.scratch()].
template <class S, class T>
void norm_forward(cudaStream_t stream, Mode mode, const T* x, const float* weight,
                  const float* bias, float* saved, float* running_mean, float* running_var,
                  float* scratch, T* y) {
  detail::norm_forward<S>(stream, mode, Masks<NoDropout>{}, x, weight, bias, saved, running_mean,
                          running_var, scratch, y);
}

}  // namespace castnet::cuda
