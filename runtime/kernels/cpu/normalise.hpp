// y = act((x - mean) / std * weight + bias) from what a norm saved: its own pass, and where
// another kernel reads y without its being stored.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/slice.hpp"
#include "kernels/cpu/activation_function.hpp"
#include "kernels/cpu/norm_statistics.hpp"

namespace castnet::cpu {

/// Stands for the y [C, H, W] of norm_forward<S> where a kernel computes it as it reads: x, weight,
/// bias and saved as there. Not for an affine by element.
template <NormShape S, class T>
struct Normalised {
  static_assert(S.affine != NormAffine::element);
  const T *x, *weight, *bias, *saved;
};

/// The same of each block of images.
template <NormShape S, class T>
class NormalisedBlocks {
 public:
  NormalisedBlocks(Blocks<T> x, const T* weight, const T* bias, Blocks<T> saved)
      : x_(x), weight_(weight), bias_(bias), saved_(saved) {}
  /// Statistics over the batch: the blocks share them.
  NormalisedBlocks(Blocks<T> x, const T* weight, const T* bias, T* saved)
      : NormalisedBlocks(x, weight, bias, Blocks<T>{saved, 0}) {}

  Normalised<S, T> operator[](int block) const {
    return {x_[block], weight_, bias_, saved_[block]};
  }

 private:
  Blocks<T> x_;
  const T *weight_, *bias_;
  Blocks<T> saved_;
};

namespace detail {

/// The affine map of one channel; the identity for NormAffine::none.
template <NormShape S, class T>
struct NormAffineOf {
  const T* weight;
  const T* bias;
  int channel;

  /// Where pixel p's factor and shift stand.
  std::size_t place(int p) const {
    return S.affine == NormAffine::element
               ? std::size_t(channel) * std::size_t(S.height * S.width) + std::size_t(p)
               : std::size_t(channel);
  }
  Vec<T> factor(int p) const {
    if constexpr (S.affine == NormAffine::none) return splat(T(1));
    return splat(weight[place(p)]);
  }
  Vec<T> shift(int p) const {
    if constexpr (S.affine == NormAffine::none) return Vec<T>{};
    return splat(bias[place(p)]);
  }
};

/// Mean and 1 / std of each image, for one channel, from what the norm saved.
template <NormShape S, class T>
LaneMoments<T> saved_moments(const T* saved, int channel) {
  LaneMoments<T> moments;
  if constexpr (S.statistics == NormStatistics::batch) {
    for (Vec<T>& part : moments.mean.part) part = splat(saved[channel]);
    for (Vec<T>& part : moments.inverse.part) part = splat(saved[S.channels + channel]);
  } else {
    const T* kept = saved + channel / (S.channels / S.groups) * kLanes;
    moments.mean = Lanes<T>::at(kept);
    moments.inverse = Lanes<T>::at(kept + S.groups * kLanes);
  }
  return moments;
}

/// act((x - mean) * inverse * weight + bias) for `count` pixels of a channel, the channel's first
/// where the affine is by element.
template <NormShape S, class T>
[[gnu::noinline]] void normalise_pixels(const T* x, const NormAffineOf<S, T>& affine,
                                        const LaneMoments<T>& moments, int count, T* y) {
  constexpr bool kElement = S.affine == NormAffine::element;
  const Lanes<T> mean = moments.mean;
  Lanes<T> scale = moments.inverse;
  if constexpr (!kElement) {
    for (Vec<T>& part : scale.part) part *= affine.factor(0);
  }
  for (int p = 0; p < count; ++p) {
    for (int i = 0; i < kParts<T>; ++i) {
      const Vec<T> centred = load(x + p * kLanes + i * kWidth<T>) - mean.part[i];
      const Vec<T> factor = kElement ? scale.part[i] * affine.factor(p) : scale.part[i];
      store(y + p * kLanes + i * kWidth<T>,
            activate<S.act>(centred * factor + affine.shift(p), T(S.slope)));
    }
  }
}

/// Copies `count` runs of `length` pixels that lie side by side from pixel `first` of a channel on,
/// `stride` elements apart.
template <Extent Image, class T>
void read_pixels(const T* x, int channel, int first, int count, int length, T* to,
                 std::size_t stride) {
  const T* from = x + pixel_offset(Image, channel, 0, first);
  for (int i = 0; i < count; ++i, to += stride) {
    for (int p = 0; p < length * kLanes; p += kWidth<T>, from += kWidth<T>) {
      store(to + p, load(from));
    }
  }
}

template <Extent Image, NormShape S, class T>
void read_pixels(const Normalised<S, T>& y, int channel, int first, int count, int length, T* to,
                 std::size_t stride) {
  const NormAffineOf<S, T> affine{y.weight, y.bias, channel};
  const LaneMoments<T> moments = saved_moments<S>(y.saved, channel);
  Lanes<T> scale = moments.inverse;
  for (Vec<T>& part : scale.part) part *= affine.factor(0);
  const Vec<T> shift = affine.shift(0);
  const T* from = y.x + pixel_offset(Image, channel, 0, first);
  for (int i = 0; i < count; ++i, to += stride) {
    for (int p = 0; p < length * kLanes; p += kLanes, from += kLanes) {
      for (int part = 0; part < kParts<T>; ++part) {
        const Vec<T> centred = load(from + part * kWidth<T>) - moments.mean.part[part];
        store(to + p + part * kWidth<T>,
              activate<S.act>(centred * scale.part[part] + shift, T(S.slope)));
      }
    }
  }
}

}  // namespace detail

}  // namespace castnet::cpu
