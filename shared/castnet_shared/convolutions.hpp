// The cpu target's way to compute a convolution: the algorithm, the weights in its layout, and the
// part of a cache that kernels fill. The generator plans memory with these functions, and the
// kernels use them.
#pragma once

#include <algorithm>
#include <cstddef>

#include "castnet_shared/shapes.hpp"

namespace castnet::cpu {

namespace winograd {

inline constexpr int kTaps = 3;
inline constexpr int kOutputs = 4;                    ///< along one axis
inline constexpr int kInputs = kOutputs + kTaps - 1;  ///< along one axis; frequencies, too
inline constexpr int kFrequencies = kInputs * kInputs;
inline constexpr int kTogether = 2 * kInputs;  ///< frequencies at a time, for weights' gradients
inline constexpr int kMostTiles = 16;          ///< of a strip, for weights' gradients

}  // namespace winograd

namespace detail {

constexpr int divide_up(int n, int by) { return (n + by - 1) / by; }

/// Output channels of a register tile, and of one of weights' gradients.
inline constexpr int kTileChannels = 4;
inline constexpr int kFilterOutputs = 4;

// Bytes: half of a small first-level cache, and of a small second-level cache for the rows of some
// channels, and what of the latter a strip of Winograd's tiles may take.
inline constexpr std::size_t kHalfFirstLevel = 16 * 1024;
inline constexpr std::size_t kPanelBytes = 256 * 1024;
inline constexpr std::size_t kStripBytes = 448 * 1024;

}  // namespace detail

/// Tiles of an image.
constexpr int winograd_tiles(const ConvShape& s) {
  return detail::divide_up(s.out_height(), winograd::kOutputs) *
         detail::divide_up(s.out_width(), winograd::kOutputs);
}

/// Whether Winograd's algorithm computes S, and pays: enough channels for the products to outweigh
/// the transforms, tiles that are mostly image, transformed weights that stay in a cache.
constexpr bool uses_winograd(const ConvShape& s) {
  return s.kernel == winograd::kTaps && s.stride == 1 && s.dilation == 1 && s.groups == 1 &&
         s.padding < s.kernel && std::min(s.in_channels, s.out_channels) >= 8 &&
         s.out_height() * s.out_width() >= 10 * winograd_tiles(s) && s.in_channels <= 128 &&
         s.in_channels * s.out_channels <= 8192;
}

/// Whether Winograd's algorithm computes S's gradient of the weights, too, and pays: enough tiles
/// that sums over lanes are few, sums that stay in a cache.
constexpr bool uses_winograd_filter(const ConvShape& s) {
  return uses_winograd(s) && winograd_tiles(s) >= 4 && s.in_channels * s.out_channels <= 4096;
}

/// The convolution that turns dy into dx where the stride is 1: channels swapped, taps mirrored.
constexpr ConvShape transposed(const ConvShape& s) {
  return {.batch = s.batch,
          .in_channels = s.out_channels,
          .in_height = s.out_height(),
          .in_width = s.out_width(),
          .out_channels = s.in_channels,
          .kernel = s.kernel,
          .stride = 1,
          .padding = s.dilation * (s.kernel - 1) - s.padding,
          .dilation = s.dilation,
          .groups = s.groups};
}

/// Whether the gradient of the input is a convolution: `transposed`.
constexpr bool transposes(const ConvShape& s) {
  return s.stride == 1 && s.padding <= s.dilation * (s.kernel - 1);
}

namespace detail {

/// Output channels of a frequency, filled up to whole vectors of any machine.
constexpr int winograd_padded(const ConvShape& s) {
  return divide_up(s.out_channels, kLanes) * kLanes;
}

/// Register tiles of output channels in a group.
constexpr int channel_tiles(const ConvShape& s) {
  return divide_up(s.out_channels / s.groups, kTileChannels);
}

/// Elements of one register tile's weights: [channel][tap][kTileChannels].
constexpr std::size_t tile_weights(const ConvShape& s) {
  return std::size_t(s.in_channels / s.groups * s.kernel * s.kernel) * kTileChannels;
}

}  // namespace detail

/// Elements of the weights as conv_forward<S> reads them.
constexpr std::size_t packed_elements(const ConvShape& s) {
  if (uses_winograd(s)) {
    return std::size_t(winograd::kFrequencies * s.in_channels * detail::winograd_padded(s));
  }
  return std::size_t(s.groups * detail::channel_tiles(s)) * detail::tile_weights(s);
}

/// Elements of the weights as conv_backward_data<S> reads them.
constexpr std::size_t packed_data_elements(const ConvShape& s) {
  return transposes(s) ? packed_elements(transposed(s)) : s.weights();
}

}  // namespace castnet::cpu
