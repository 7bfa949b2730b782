// Where the elements of a channel lie in [N][C][H][W], sixteen images at a time.
#pragma once

#include <cstddef>

#include "castnet_shared/shapes.hpp"
#include "core/host_device.hpp"

namespace castnet::cuda {

/// Blocks of kLanes images: each leaves its sums in scratch.
constexpr int image_blocks(int batch) { return batch / kLanes; }

/// The kLanes images of block `block`, of one of `Channels` channels of `Pixels` pixels: element i
/// is pixel i % Pixels of image i / Pixels.
template <int Channels, int Pixels>
struct ChannelOfBlock {
  int block, channel;

  static constexpr unsigned kItems = unsigned(kLanes) * unsigned(Pixels);

  CASTNET_HOST_DEVICE int image(unsigned i) const { return block * kLanes + int(i / Pixels); }
  CASTNET_HOST_DEVICE int pixel(unsigned i) const { return int(i % Pixels); }
  CASTNET_HOST_DEVICE std::size_t offset(unsigned i) const {
    return (std::size_t(image(i)) * Channels + std::size_t(channel)) * Pixels + i % Pixels;
  }
};

}  // namespace castnet::cuda
