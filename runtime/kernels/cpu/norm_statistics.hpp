// Means and stds of normalisation layers. Channels are measured first, each image of a block
// for itself: where a convolution computes them, or in a pass of its own.
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

/// Elements that one channel's measurement takes: each image's mean, then its sum of squared
/// deviations.
inline constexpr std::size_t kMeasured = 2 * kLanes;

namespace detail {

/// Mean and 1 / std, one for each image of a block.
template <class T>
struct LaneMoments {
  Lanes<T> mean, inverse;
};

/// Sums over pixels x of one channel, of x - shift and of its square: about one of the pixels, so
/// that little cancels (T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the
/// sample variance", 1983).
template <class T>
struct ShiftedSums {
  Vec<T> shift, first, second;

  /// No pixels taken yet. (No default initialisers: nvcc 13.0 has no constant of such a vector.)
  [[gnu::always_inline]] static ShiftedSums about(Vec<T> pixel) {
    return {pixel, splat(T(0)), splat(T(0))};
  }

  [[gnu::always_inline]] void take(Vec<T> x) {
    const Vec<T> delta = x - shift;
    first += delta;
    second += delta * delta;
  }
};

/// `measured` [kMeasured] of one channel with `count` pixels; lanes of `part`.
template <class T>
[[gnu::always_inline]] inline void store_measured(const ShiftedSums<T>& sums, int part, int count,
                                                  T* measured) {
  const T share = T(1.0 / count);
  const Vec<T> drift = sums.first * share;
  store(measured + part * kWidth<T>, sums.shift + drift);
  store(measured + kLanes + part * kWidth<T>, sums.second - sums.first * drift);
}

/// Measures channels while their pixels come: ShiftedSums of each in a workspace.
template <int Channels, class T>
struct Measuring {
  static constexpr std::size_t kElements = std::size_t(Channels) * 3 * kLanes;

  T* memory;  ///< [channel][part][shift, first, second]

  T* place(int channel, int part) const {
    return memory + (channel * kParts<T> + part) * 3 * kWidth<T>;
  }
  [[gnu::always_inline]] ShiftedSums<T> of(int channel, int part) const {
    const T* from = place(channel, part);
    return {load(from), load(from + kWidth<T>), load(from + 2 * kWidth<T>)};
  }
  [[gnu::always_inline]] void keep(int channel, int part, const ShiftedSums<T>& sums) const {
    T* to = place(channel, part);
    store(to, sums.shift);
    store(to + kWidth<T>, sums.first);
    store(to + 2 * kWidth<T>, sums.second);
  }

  /// `measured` [Channels][kMeasured] of `count` pixels each.
  void finish(int count, T* measured) const {
    for (int c = 0; c < Channels; ++c, measured += kMeasured) {
      for (int part = 0; part < kParts<T>; ++part) {
        store_measured(of(c, part), part, count, measured);
      }
    }
  }
};

/// Mean and sum of squared deviations of `count` numbers.
struct Moments {
  double count = 0, mean = 0, squares = 0;

  /// Takes in another set: T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a
  /// pairwise algorithm for computing sample variances", 1979.
  void merge(const Moments& other) {
    const double total = count + other.count;
    const double delta = other.mean - mean;
    mean += delta * other.count / total;
    squares += other.squares + delta * delta * count * other.count / total;
    count = total;
  }
};

/// Moments of one channel of a block of images of `pixels` pixels, from its measurement.
template <class T>
Moments block_moments(const T* measured, int pixels) {
  const Lanes<T> means = Lanes<T>::at(measured);
  const double mean = double(means.total()) / kLanes;
  Lanes<T> apart;
  for (int part = 0; part < kParts<T>; ++part) {
    const Vec<T> delta = means.part[part] - splat(T(mean));
    apart.part[part] = delta * delta;
  }
  const double squares = double(Lanes<T>::at(measured + kLanes).total());
  return {double(pixels) * kLanes, mean, squares + pixels * double(apart.total())};
}

/// Moments of each image over `channels` channels of `pixels` pixels, from their measurements.
template <class T>
LaneMoments<T> group_moments(const T* measured, int channels, int pixels, double epsilon) {
  LaneMoments<T> moments;
  Lanes<T> squares;
  for (int c = 0; c < channels; ++c) {
    moments.mean.add(Lanes<T>::at(measured + std::size_t(c) * kMeasured));
    squares.add(Lanes<T>::at(measured + std::size_t(c) * kMeasured + kLanes));
  }
  for (Vec<T>& part : moments.mean.part) part *= T(1.0 / channels);
  T variance[kLanes], inverse[kLanes];
  for (int part = 0; part < kParts<T>; ++part) {
    Vec<T> apart = {};
    for (int c = 0; c < channels; ++c) {
      const Vec<T> mean = load(measured + std::size_t(c) * kMeasured + part * kWidth<T>);
      const Vec<T> delta = mean - moments.mean.part[part];
      apart += delta * delta;
    }
    store(variance + part * kWidth<T>,
          squares.part[part] * T(1.0 / (double(channels) * pixels)) + apart * T(1.0 / channels));
  }
  for (int l = 0; l < kLanes; ++l) {
    inverse[l] = T(1 / std::sqrt(std::fmax(double(variance[l]), 0.0) + epsilon));
  }
  moments.inverse = Lanes<T>::at(inverse);
  return moments;
}

}  // namespace detail

/// measured [C][kMeasured] of x [C, H, W].
template <NormShape S, class T>
void norm_measure(const T* x, T* measured) {
  constexpr int kPixels = S.height * S.width;
  for (int c = 0; c < S.channels; ++c, x += kPixels * kLanes, measured += kMeasured) {
    for (int part = 0; part < kParts<T>; ++part) {
      const T* pixel = x + part * kWidth<T>;
      // Two chains of additions, so that they overlap.
      auto even = detail::ShiftedSums<T>::about(load(pixel)), odd = even;
      for (int p = 0; p + 2 <= kPixels; p += 2) {
        even.take(load(pixel + p * kLanes));
        odd.take(load(pixel + (p + 1) * kLanes));
      }
      if constexpr (kPixels % 2 != 0) even.take(load(pixel + (kPixels - 1) * kLanes));
      even.first += odd.first;
      even.second += odd.second;
      detail::store_measured(even, part, kPixels, measured);
    }
  }
}

}  // namespace castnet::cpu
