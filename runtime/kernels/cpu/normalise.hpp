// y = act((x - mean) / deviation * weight + bias) from what a norm saved: its own pass, and where
// another kernel reads y without its being stored.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cpu/activation_function.hpp"
#include "kernels/cpu/norm_statistics.hpp"

namespace castnet::cpu {

/// Stands for the y [N, C, H, W] of norm_forward<S> where a kernel computes it as it reads: x,
/// weight and bias as there, `saved` by norm_statistics<S>. Not for an affine by element.
template <NormShape S, class T>
struct Normalised {
  static_assert(S.affine != NormAffine::element);
  const T *x, *weight, *bias, *saved;
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

/// Mean and 1 / deviation of each image of a block, for one channel, from what the norm saved.
template <NormShape S, class T>
LaneMoments<T> saved_moments(const T* saved, int block, int channel) {
  LaneMoments<T> moments;
  if constexpr (S.statistics == NormStatistics::batch) {
    for (Vec<T>& part : moments.mean.part) part = splat(saved[channel]);
    for (Vec<T>& part : moments.inverse.part) part = splat(saved[S.channels + channel]);
  } else {
    const int group = channel / (S.channels / S.groups);
    const T* kept = saved + std::size_t(block * S.groups + group) * kLanes;
    moments.mean = Lanes<T>::at(kept);
    moments.inverse = Lanes<T>::at(kept + std::size_t(S.batch * S.groups));
  }
  return moments;
}

/// act((x - mean) * inverse * weight + bias) for `count` pixels of a channel of one block, the
/// channel's first where the affine is by element.
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

/// Copies `count` pixels from pixel `first` of a channel of a block of images.
template <Extent Image, class T>
void read_pixels(const T* x, int block, int channel, int first, int count, T* to) {
  const T* from = x + std::size_t(block) * Image.block() + pixel_offset(Image, channel, 0, first);
  std::copy_n(from, std::size_t(count) * kLanes, to);
}

template <Extent Image, NormShape S, class T>
void read_pixels(const Normalised<S, T>& y, int block, int channel, int first, int count, T* to) {
  const T* from = y.x + std::size_t(block) * Image.block() + pixel_offset(Image, channel, 0, first);
  normalise_pixels<S>(from, NormAffineOf<S, T>{y.weight, y.bias, channel},
                      saved_moments<S>(y.saved, block, channel), count, to);
}

}  // namespace detail

}  // namespace castnet::cpu
