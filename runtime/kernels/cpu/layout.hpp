// Where activations lie in memory: the one place that knows the batch-interleaved layout.
#pragma once

#include <cstddef>

#include "castnet_shared/shapes.hpp"

namespace castnet::cpu {

/// Channels, height and width of one activation.
struct Extent {
  int channels, height, width;
  constexpr int pixels() const { return height * width; }
  /// Elements of one block of kLanes images.
  constexpr std::size_t block() const {
    return std::size_t(channels) * std::size_t(pixels()) * std::size_t(kLanes);
  }
};

/// Blocks of kLanes images in a batch; batches are multiples of kLanes.
constexpr int blocks(int batch) { return batch / kLanes; }

/// First lane of pixel (channel, row, column) within a block: the lanes of a pixel, then the pixels
/// of a row, then rows, then channels lie side by side.
constexpr std::size_t pixel_offset(Extent extent, int channel, int row, int column) {
  return ((std::size_t(channel) * std::size_t(extent.height) + std::size_t(row)) *
              std::size_t(extent.width) +
          std::size_t(column)) *
         std::size_t(kLanes);
}

/// Offset of element (channel, row, column) of image `image` in [batch / 16][C][H][W][16].
constexpr std::size_t element_offset(Extent extent, int image, int channel, int row, int column) {
  return std::size_t(image / kLanes) * extent.block() + pixel_offset(extent, channel, row, column) +
         std::size_t(image % kLanes);
}

}  // namespace castnet::cpu
