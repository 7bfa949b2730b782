// What the kernels of one normalisation layer share: constants, and one element's values.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/cuda/activation_function.hpp"
#include "kernels/cuda/channels.hpp"
#include "kernels/cuda/elements.hpp"

namespace castnet::cuda::detail {

template <class S>
struct Norm {
  static constexpr NormShape kShape = S::value;
  static constexpr int kChannels = kShape.channels;
  static constexpr int kPixels = kShape.height * kShape.width;
  static constexpr int kBlocks = image_blocks(kShape.batch);
  static constexpr bool kPerBatch = kShape.statistics == NormStatistics::batch;
  static constexpr bool kElement = kShape.affine == NormAffine::element;
  static constexpr bool kAffine = kShape.affine != NormAffine::none;
  static constexpr int kGroupChannels = kChannels / kShape.groups;
  /// Elements of a group of an image: they lie side by side.
  static constexpr unsigned kGroup = unsigned(kGroupChannels) * unsigned(kPixels);
  static constexpr unsigned kGroups = unsigned(kShape.batch) * unsigned(kShape.groups);
  static constexpr Act kAct = kShape.act;
  static constexpr float kSlope = float(kShape.slope);
  /// Where 1 / std starts in `saved`.
  static constexpr std::size_t kInverse = kShape.saved() / 2;
  /// Elements of scratch a block of images, and where their second half starts.
  static constexpr std::size_t kPartial = kShape.scratch() / std::size_t(kBlocks);
  static constexpr std::size_t kHalf = std::max(kShape.affine_elements(), std::size_t(kChannels));
  using Channel = ChannelOfBlock<kChannels, kPixels>;

  /// Of the group that is a block's: its image, and its first element in that.
  __device__ static unsigned image_of_group() { return blockIdx.x / unsigned(kShape.groups); }
  __device__ static unsigned first_of_group() {
    return blockIdx.x % unsigned(kShape.groups) * kGroup;
  }

  /// Where the weight and the bias of a pixel of a channel stand.
  CASTNET_HOST_DEVICE static constexpr std::size_t place(int channel, int pixel) {
    return kElement ? std::size_t(channel) * std::size_t(kPixels) + std::size_t(pixel)
                    : std::size_t(channel);
  }
  CASTNET_HOST_DEVICE static float factor(const float* weight, int channel, int pixel) {
    if constexpr (!kAffine) return 1;
    return weight[place(channel, pixel)];
  }
  CASTNET_HOST_DEVICE static float shift(const float* bias, int channel, int pixel) {
    if constexpr (!kAffine) return 0;
    return bias[place(channel, pixel)];
  }
};

/// Mean and 1 / std.
struct Moments {
  float mean, inverse;
};

/// Those that normalise a channel of an image, from what forward saved.
template <class S>
CASTNET_HOST_DEVICE Moments moments(const float* saved, int image, int channel) {
  using N = Norm<S>;
  std::size_t at = std::size_t(channel);
  if constexpr (!N::kPerBatch) {
    at = std::size_t(image) * N::kShape.groups + std::size_t(channel / N::kGroupChannels);
  }
  return {saved[at], saved[N::kInverse + at]};
}

/// One element on its way through the layer.
struct Point {
  float centred;  ///< x - mean
  float scale;    ///< weight / std
  float before;   ///< what the activation gets
};

/// The one expression for it: backward must see ReLU's kink where forward did.
template <class S>
CASTNET_HOST_DEVICE Point point(float x, const Moments& moments, const float* weight,
                                const float* bias, int channel, int pixel) {
  using N = Norm<S>;
  const float centred = x - moments.mean;
  const float scale = moments.inverse * N::factor(weight, channel, pixel);
  return {centred, scale, std::fma(centred, scale, N::shift(bias, channel, pixel))};
}

}  // namespace castnet::cuda::detail
