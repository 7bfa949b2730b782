// A panel: rows of a convolution's input, copied so that the inner loops see no image borders, and
// so that channels (often a power of two apart in memory) do not fight for the same cache sets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "castnet_shared/convolutions.hpp"
#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

/// The panel for Rows output rows of convolution S: [channel][row][padded column][16], in kElements
/// of a workspace. Columns in the padding are zero; rows in the padding are never read.
template <ConvShape S, int Rows, class T>
struct ConvPanel {
  static constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  static constexpr int kChannelsOfGroup = S.in_channels / S.groups;
  static constexpr int kRows = (Rows - 1) * S.stride + S.dilation * (S.kernel - 1) + 1;
  static constexpr std::size_t kRowStride = std::size_t(S.in_width + 2 * S.padding) * kLanes;
  /// An odd number of pixels: channels start in different cache sets.
  static constexpr std::size_t kChannelStride =
      ((std::size_t(kRows) * std::size_t(S.in_width + 2 * S.padding)) | 1) * kLanes;
  /// Channels in a panel: what fits in half of a small second-level cache.
  static constexpr int kChannels = int(std::clamp<std::size_t>(
      detail::kPanelBytes / (kChannelStride * sizeof(T)), 1, std::size_t(kChannelsOfGroup)));

  static constexpr std::size_t kElements = std::size_t(kChannels) * kChannelStride;

  T* data;

  /// Clears the padding columns; no `fill` touches them.
  void clear() const {
    if constexpr (S.padding > 0) std::fill_n(data, kElements, T(0));
  }

  /// Copies the input rows that output rows from `out_row` need, of `count` channels from
  /// `channel`. `x` is a block of kLanes images.
  void fill(const T* x, int channel, int count, int out_row) const {
    const int top = out_row * S.stride - S.padding;
    const int first = std::max(top, 0);
    const int last = std::min(top + kRows, S.in_height);
    for (int c = 0; c < count; ++c) {
      for (int row = first; row < last; ++row) {
        // Not std::copy_n, which would take care of an overlap that cannot be.
        std::memcpy(data + std::size_t(c) * kChannelStride + std::size_t(row - top) * kRowStride +
                        std::size_t(S.padding) * kLanes,
                    x + pixel_offset(kInput, channel + c, row, 0),
                    std::size_t(S.in_width) * kLanes * sizeof(T));
      }
    }
  }
};

/// The taps [first, last) along one axis that fall into the image for output index `out`.
struct TapRange {
  int first, last;
};

template <ConvShape S>
constexpr TapRange row_taps(int out_row) {
  const int top = out_row * S.stride - S.padding;
  TapRange range{0, S.kernel};
  while (range.first < S.kernel && top + range.first * S.dilation < 0) ++range.first;
  while (range.last > range.first && top + (range.last - 1) * S.dilation >= S.in_height) {
    --range.last;
  }
  return range;
}

}  // namespace castnet::cpu
