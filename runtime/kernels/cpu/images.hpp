// Where the images of a batch go, and how a feature map is handed out: the view of the layout from
// outside.
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

/// Hands each image's part of the C x H x W feature map that starts at `map` to the hook; false if
/// there is none.
template <int N, int C, int H, int W>
bool offer_map(const Program::MapHook& hook, MapPart part, Real* map) {
  if (!hook) return false;
  for (int slot = 0; slot < N; ++slot) hook(part, slot, image_slot<C, H, W>(map, slot));
  return true;
}

}  // namespace castnet::cpu
