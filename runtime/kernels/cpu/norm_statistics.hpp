// Means and deviations of normalisation layers.
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu::detail {

/// Mean and 1 / deviation, one for each image of a block.
template <class T>
struct LaneMoments {
  Lanes<T> mean, inverse;
};

/// Sums of x - shift and of its square over the pixels of a channel.
template <class T>
struct ShiftedSums {
  Lanes<T> first, second;
};

/// Sums over `pixels` pixels of one channel; two chains of additions, so that they overlap.
template <class T>
ShiftedSums<T> shifted_sums(const T* x, int pixels, const Lanes<T>& shift) {
  ShiftedSums<T> even, odd;
  const auto take = [&](ShiftedSums<T>& sums, int p) {
    for (int i = 0; i < kParts<T>; ++i) {
      const Vec<T> delta = load(x + p * kLanes + i * kWidth<T>) - shift.part[i];
      sums.first.part[i] += delta;
      sums.second.part[i] += delta * delta;
    }
  };
  int p = 0;
  for (; p + 2 <= pixels; p += 2) {
    take(even, p);
    take(odd, p + 1);
  }
  if (p < pixels) take(even, p);
  even.first.add(odd.first);
  even.second.add(odd.second);
  return even;
}

/// Sum over `pixels` pixels of one channel.
template <class T>
Lanes<T> plain_sum(const T* x, int pixels) {
  Lanes<T> even, odd;
  int p = 0;
  for (; p + 2 <= pixels; p += 2) {
    even.add(Lanes<T>::at(x + p * kLanes));
    odd.add(Lanes<T>::at(x + (p + 1) * kLanes));
  }
  if (p < pixels) even.add(Lanes<T>::at(x + p * kLanes));
  even.add(odd);
  return even;
}

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

/// Moments of one channel of one block: two passes, the second about the first one's mean and
/// corrected for its rounding.
template <class T>
Moments channel_moments(const T* x, int pixels) {
  const double count = double(pixels) * kLanes;
  const T shift = T(double(plain_sum(x, pixels).total()) / count);
  Lanes<T> about;
  for (Vec<T>& part : about.part) part = splat(shift);
  const ShiftedSums<T> sums = shifted_sums(x, pixels, about);
  const double first = double(sums.first.total());
  return {count, double(shift) + first / count,
          double(sums.second.total()) - first * first / count};
}

/// Moments of each image of a block over `channels` channels that lie side by side.
template <class T>
LaneMoments<T> group_moments(const T* x, int channels, int pixels, double epsilon) {
  const T scale = T(1.0 / (double(channels) * pixels));
  LaneMoments<T> moments;
  for (int c = 0; c < channels; ++c) {
    moments.mean.add(plain_sum(x + std::size_t(c) * std::size_t(pixels) * kLanes, pixels));
  }
  for (Vec<T>& part : moments.mean.part) part *= scale;
  ShiftedSums<T> total;
  for (int c = 0; c < channels; ++c) {
    const ShiftedSums<T> sums =
        shifted_sums(x + std::size_t(c) * std::size_t(pixels) * kLanes, pixels, moments.mean);
    total.first.add(sums.first);
    total.second.add(sums.second);
  }
  T variance[kLanes];
  for (int i = 0; i < kParts<T>; ++i) {
    const Vec<T> drift = total.first.part[i] * scale;
    moments.mean.part[i] += drift;
    store(variance + i * kWidth<T>, total.second.part[i] * scale - drift * drift);
  }
  T inverse[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    inverse[l] = T(1 / std::sqrt(std::fmax(double(variance[l]), 0.0) + epsilon));
  }
  moments.inverse = Lanes<T>::at(inverse);
  return moments;
}

}  // namespace castnet::cpu::detail
