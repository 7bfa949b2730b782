// Means and stds of batch norm: each block's, then the batch's.
#pragma once

#include <cmath>

#include "kernels/cuda/norm_shape.hpp"
#include "kernels/cuda/reduce.hpp"
#include "kernels/cuda/share.hpp"

namespace castnet::cuda {

namespace detail {

/// Mean and sum of squared deviations.
struct Measured {
  float mean, squares;
};

/// Those of a block's Count numbers, in every thread: the squares about the first pass's mean, and
/// corrected for its rounding.
template <unsigned Count, int Threads, class Numbers>
__device__ Measured block_measured(const Numbers& x) {
  constexpr auto kScale = float(1.0 / Count);
  float sum[1] = {};
  x.each([&](unsigned, float value) { sum[0] += value; });
  block_sum<Threads>(sum);
  const float mean = sum[0] * kScale;
  float about[2] = {};
  x.each([&](unsigned, float value) {
    const float delta = value - mean;
    about[0] += delta;
    about[1] += delta * delta;
  });
  block_sum<Threads>(about);
  const float drift = about[0] * kScale;
  return {mean + drift, about[1] - about[0] * drift};
}

}  // namespace detail

/// One block: a channel of kLanes images, into scratch [block][mean C, squares C].
template <class S, class T>
__global__ void __launch_bounds__(kReduceThreads) norm_spread_kernel(const T* x, float* scratch) {
  using N = detail::Norm<S>;
  using Channel = typename N::Channel;
  constexpr int kBlock = reduce_threads(Channel::kItems);
  const Channel items{int(blockIdx.y), int(blockIdx.x)};
  const auto numbers =
      share<Channel::kItems, kBlock>([=](unsigned i) { return float(x[items.offset(i)]); });
  const detail::Measured measured = detail::block_measured<Channel::kItems, kBlock>(numbers);
  if (threadIdx.x == 0) {
    float* part = scratch + blockIdx.y * N::kPartial;
    part[blockIdx.x] = measured.mean;
    part[N::kChannels + blockIdx.x] = measured.squares;
  }
}

namespace detail {

/// By one warp: the moments of a channel, which the blocks' equal sets make. Whoever `keeps` them
/// leaves them in saved and moves the running ones.
template <class S>
__device__ Moments batch_moments(const float* scratch, unsigned channel, bool keeps, float* saved,
                                 float* running_mean, float* running_var) {
  using N = Norm<S>;
  constexpr NormShape kShape = S::value;
  constexpr double kCount = double(N::kBlocks) * N::Channel::kItems;
  double mean = 0, squares = 0;
  for (int block = int(threadIdx.x); block < N::kBlocks; block += kWarp) {
    mean += double(scratch[std::size_t(block) * N::kPartial + channel]);
  }
  mean = warp_sum(mean) * (1.0 / N::kBlocks);
  for (int block = int(threadIdx.x); block < N::kBlocks; block += kWarp) {
    const float* part = scratch + std::size_t(block) * N::kPartial + channel;
    const double delta = double(part[0]) - mean;
    squares += double(part[N::kChannels]) + delta * delta * double(N::Channel::kItems);
  }
  squares = warp_sum(squares);
  const double variance = std::fmax(squares / kCount, 0.0);
  const Moments result{float(mean), float(1 / std::sqrt(variance + kShape.epsilon))};
  if (!keeps || threadIdx.x != 0) return result;
  const double unbiased = squares / std::fmax(kCount - 1, 1.0);
  saved[channel] = result.mean;
  saved[N::kInverse + channel] = result.inverse;
  constexpr double kMomentum = kShape.momentum;
  const auto move = [](float& running, double to) {
    running = float((1 - kMomentum) * double(running) + kMomentum * to);
  };
  move(running_mean[channel], mean);
  move(running_var[channel], unbiased);
  return result;
}

/// The running ones of a channel.
template <class S>
__device__ Moments running_moments(const float* running_mean, const float* running_var,
                                   std::size_t c) {
  const double variance = double(running_var[c]);
  return {running_mean[c], float(1 / std::sqrt(variance + Norm<S>::kShape.epsilon))};
}

}  // namespace detail

/// One warp a channel: the batch's mean and std, which move the running ones.
template <class S>
__global__ void norm_merge_kernel(const float* scratch, float* saved, float* running_mean,
                                  float* running_var) {
  detail::batch_moments<S>(scratch, blockIdx.x, true, saved, running_mean, running_var);
}

/// saved from the running statistics.
template <class S>
__global__ void norm_running_kernel(const float* running_mean, const float* running_var,
                                    float* saved) {
  using N = detail::Norm<S>;
  each_element<std::size_t(N::kChannels)>([=](auto c) {
    const detail::Moments moments = detail::running_moments<S>(running_mean, running_var, c);
    saved[c] = moments.mean;
    saved[N::kInverse + c] = moments.inverse;
  });
}

}  // namespace castnet::cuda
