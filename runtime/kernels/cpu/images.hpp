// Where the images of a batch go, and how a feature map is handed out: the view of the layout from
// outside.
#pragma once

#include "core/program.hpp"
#include "kernels/cpu/layout.hpp"

namespace castnet::cpu {

/// Image `slot` of a batch.
inline ImageSlot image_slot(Blocks<Real> images, int slot) {
  return {images[slot / kLanes] + slot % kLanes, kLanes};
}

/// Hands the feature map of each of N images to the hook; false if there is none.
template <int N>
bool offer_map(const Program::MapHook& hook, MapPart part, Blocks<Real> map) {
  if (!hook) return false;
  for (int slot = 0; slot < N; ++slot) hook(part, slot, image_slot(map, slot));
  return true;
}

}  // namespace castnet::cpu
