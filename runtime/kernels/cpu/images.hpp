// Where the images of a batch go: the data path's view of the layout.
#pragma once

#include "core/program.hpp"
#include "kernels/cpu/layout.hpp"

namespace castnet::cpu {

/// Image `slot` of a batch of C x H x W images that starts at `input`.
template <int C, int H, int W>
ImageSlot image_slot(Real* input, int slot) {
  constexpr Extent kExtent{C, H, W};
  return {input + element_offset(kExtent, slot, 0, 0, 0), kLanes};
}

}  // namespace castnet::cpu
