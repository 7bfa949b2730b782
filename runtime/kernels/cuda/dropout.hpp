// Dropout, per element or per channel. The mask is a function of seed, epoch, sample, operation and
// place in the image: nothing is stored between forward and backward.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/philox.hpp"
#include "core/program.hpp"
#include "cuda/step.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

namespace detail {

/// How the elements of an image share random words: a block takes kChunk elements of one image.
template <class S>
struct DropoutPlan {
  static constexpr unsigned kPixels = S::value.height * S::value.width;
  static constexpr unsigned kImage = S::value.channels * kPixels;
  static constexpr unsigned kRun = S::value.per_channel ? kPixels : 1;  ///< elements a word
  static constexpr unsigned kChunk = 1024;
  static constexpr unsigned kChunks = (kImage + kChunk - 1) / kChunk;
  /// A chunk's words, with those of the same four that it does not use.
  static constexpr unsigned kWords = (kChunk + kRun - 1) / kRun + 8;
  static constexpr int kBlock =
      int(std::min(unsigned(kThreads), (kImage + kWarp - 1) / kWarp * kWarp));
  static constexpr unsigned kBlocks = unsigned(S::value.batch) * kChunks;
};

}  // namespace detail

/// One block: y = x * mask / (1 - rate) for a chunk of an image.
template <class S, class T>
__global__ void dropout_kernel(const DeviceStep* step, const std::uint32_t* samples, const T* x,
                               T* y) {
  using Plan = detail::DropoutPlan<S>;
  constexpr auto kDropBelow = int(S::value.drop_below());
  constexpr auto kScale = float(1.0 / (1.0 - S::value.rate));
  constexpr auto kStream =
      static_cast<std::uint32_t>(Stream::dropout) + std::uint32_t(S::value.index);
  __shared__ float factors[Plan::kWords];
  const unsigned image = blockIdx.x / Plan::kChunks;
  const unsigned first = blockIdx.x % Plan::kChunks * Plan::kChunk;
  const unsigned end = std::min(first + Plan::kChunk, +Plan::kImage);
  const unsigned first_place = first / Plan::kRun / 4;
  const unsigned end_place = (end - 1) / Plan::kRun / 4 + 1;
  for (unsigned place = first_place + threadIdx.x; place < end_place; place += Plan::kBlock) {
    const Philox4 words = philox({samples[image], step->epoch, place, kStream}, step->seed);
    for (unsigned i = 0; i < 4; ++i) {
      factors[(place - first_place) * 4 + i] = int(words[i] >> 8) < kDropBelow ? 0 : kScale;
    }
  }
  __syncthreads();
  const std::size_t origin = std::size_t(image) * Plan::kImage;
  for (unsigned e = first + threadIdx.x; e < end; e += Plan::kBlock) {
    const float factor = factors[e / Plan::kRun - first_place * 4];
    y[origin + e] = T(float(x[origin + e]) * factor);
  }
}

/// dx = dy with the mask of the same step and samples. `dx` may be `dy`.
template <class S, class T>
void dropout_backward(cudaStream_t stream, const DeviceStep* step, const std::uint32_t* samples,
                      const T* dy, T* dx) {
  using Plan = detail::DropoutPlan<S>;
  launch<dropout_kernel<S, T>>(stream, Plan::kBlocks, Plan::kBlock, step, samples, dy, dx);
}

/// y [N, C, H, W] = x with elements (or channels) dropped at rate < 1 and the others scaled by
/// 1 / (1 - rate); a copy in Mode::evaluate. `step` and `samples` [N], indices in the data set, are
/// on the device. Element e of an image (C, H, W order; the channel when per_channel) is dropped
/// where the uniform number of word e % 4 of philox({sample, epoch, e / 4, Stream::dropout +
/// index}, seed) is below the rate. `y` may be `x`.
template <class S, class T>
void dropout_forward(cudaStream_t stream, Mode mode, const DeviceStep* step,
                     const std::uint32_t* samples, const T* x, T* y) {
  static_assert(S::value.rate >= 0 && S::value.rate < 1);
  if (mode == Mode::train) {
    dropout_backward<S>(stream, step, samples, x, y);
  } else if (x != y) {
    constexpr std::size_t kCount = std::size_t(S::value.batch) * detail::DropoutPlan<S>::kImage;
    CASTNET_CHECK(cudaMemcpyAsync(y, x, kCount * sizeof(T), cudaMemcpyDeviceToDevice, stream));
  }
}

}  // namespace castnet::cuda
