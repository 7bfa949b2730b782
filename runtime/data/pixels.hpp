// Converts bytes to values, on every target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/host_device.hpp"
#include "core/program.hpp"
#include "data/augment_draw.hpp"

namespace castnet {

/// The values for the bytes of one channel. No product here is added to anything, so the bits are
/// the same with fused multiply-adds and without.
struct Levels {
  Real shift, scale;

  /// `level` is a byte, or lies between two.
  CASTNET_HOST_DEVICE Real of(Real level) const { return (level - shift) * scale; }
};

/// One channel of all images.
struct Channel {
  Levels plain;       ///< bytes as pixels in 0..1
  Levels normalised;  ///< bytes as normalised values
  Real mean, std;

  CASTNET_HOST_DEVICE Real normalise(Real pixel) const { return (pixel - mean) / std; }
  /// The value as a byte, or between two bytes.
  CASTNET_HOST_DEVICE Real outside(Border border) const {
    return border == Border::zero ? normalised.shift : 0;
  }
  /// The value in a plane of pixels; -1: outside.
  CASTNET_HOST_DEVICE Real at(const std::uint8_t* plane, int width, int y, int x,
                              Border border) const {
    return y < 0 || x < 0 ? outside(border)
                          : static_cast<Real>(plane[static_cast<std::size_t>(y * width + x)]);
  }
};

/// Pixels [top, bottom) of columns [left, right).
struct Square {
  int top = 0, left = 0, bottom = 0, right = 0;

  CASTNET_HOST_DEVICE bool holds(int y, int x) const {
    return y >= top && y < bottom && x >= left && x < right;
  }
};

/// The area that a draw cuts out of an image; nothing if it has no cutout.
CASTNET_HOST_DEVICE inline Square cut_square(const AugmentRecipe& recipe, const AugmentDraw& draw,
                                             ImageShape shape) {
  if (!draw.cutout) return {};
  const int size = recipe.cutout.size;
  const int top = draw.cutout->y - size / 2;
  const int left = draw.cutout->x - size / 2;
  return {.top = std::max(top, 0),
          .left = std::max(left, 0),
          .bottom = std::min(top + size, shape.height),
          .right = std::min(left + size, shape.width)};
}

/// Mixup of one element with its partner.
CASTNET_HOST_DEVICE inline Real mixed(Real share, Real own, Real other) {
  return share * own + (1 - share) * other;
}

}  // namespace castnet
