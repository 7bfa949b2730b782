// What a convolution tells of its outputs while they are in registers or the cache.
#pragma once

#include "kernels/cpu/norm_statistics.hpp"

namespace castnet::cpu::detail {

/// Nobody wants to know.
struct NotMeasured {
  static constexpr bool kMeasures = false;
  static constexpr std::size_t kElements = 0;
  template <class T>
  void row(int, int, int, const T*) const {}
};

/// The channels' sums, for a norm behind the convolution S.
template <ConvShape S, class T>
struct Measured {
  static constexpr bool kMeasures = true;
  static constexpr std::size_t kElements = Measuring<S.out_channels, T>::kElements;
  Measuring<S.out_channels, T> sums;

  /// Row `row` of `channels` output channels from `first` is complete in y.
  void row(int first, int channels, int row, const T* y) const {
    constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
    for (int c = first; c < first + channels; ++c) {
      for (int part = 0; part < kParts<T>; ++part) {
        const T* pixel = y + pixel_offset(kOutput, c, row, 0) + part * kWidth<T>;
        ShiftedSums<T> so_far = row == 0 ? ShiftedSums<T>::about(load(pixel)) : sums.of(c, part);
        for (int p = 0; p < S.out_width(); ++p) so_far.take(load(pixel + p * kLanes));
        sums.keep(c, part, so_far);
      }
    }
  }
};

}  // namespace castnet::cpu::detail
