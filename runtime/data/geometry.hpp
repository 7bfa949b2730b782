// The source of each pixel of an augmented image, on every target: step 1 of ImageAugmenter.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "core/host_device.hpp"
#include "core/program.hpp"
#include "data/augment_draw.hpp"
#include "data/pixels.hpp"

namespace castnet {

/// The index for place `at` on an axis of `size` pixels, or for its reflection; -1: outside.
CASTNET_HOST_DEVICE inline int inside(int at, int size, Border border) {
  if (at >= 0 && at < size) return at;
  if (border != Border::reflect) return -1;
  const int period = std::max(2 * (size - 1), 1);
  const int place = (at % period + period) % period;
  return std::min(place, period - place);
}

/// The row of the image for row y of a crop that starts at `top`; -1: outside.
CASTNET_HOST_DEVICE inline int source_row(const AugmentRecipe& recipe, ImageShape shape, int top,
                                          int y) {
  return inside(top - recipe.crop + y, shape.height, recipe.crop_border);
}

/// The same for its column x, which may be flipped.
CASTNET_HOST_DEVICE inline int source_column(const AugmentRecipe& recipe, ImageShape shape,
                                             int left, bool flip, int x) {
  const int cropped = flip ? shape.width - 1 - x : x;
  return inside(left - recipe.crop + cropped, shape.width, recipe.crop_border);
}

/// The place of pixel `at` before a resized crop, on an axis of `size` pixels, over which `extent`
/// pixels from `first` on were stretched; -1: outside.
CASTNET_HOST_DEVICE inline double stretched(int at, int size, double first, double extent) {
  const double place = first + (at + 0.5) * extent / size - 0.5;
  return at < 0 ? -1 : std::clamp<double>(place, 0, size - 1);
}

/// Maps places (x, y) of the image after shift_scale_rotate and rotation to those before.
struct Affine {
  double centre_x, centre_y;
  double cosine = 1, sine = 0;  ///< cosine and sine of the whole rotation, divided by the scale
  double dx = 0, dy = 0;

  CASTNET_HOST_DEVICE Affine(const AugmentDraw& draw, ImageShape shape)
      : centre_x((shape.width - 1) / 2.0), centre_y((shape.height - 1) / 2.0) {
    const auto shift = draw.shift_scale_rotate.value_or(AugmentDraw::ShiftScaleRotate{});
    constexpr double kRadians = std::numbers::pi / 180;
    const double whole = (shift.degrees + draw.rotation.value_or(0)) * kRadians;
    cosine = std::cos(whole) / shift.scale;
    sine = std::sin(whole) / shift.scale;
    const double turned_x = std::cos(shift.degrees * kRadians) / shift.scale;
    const double turned_y = std::sin(shift.degrees * kRadians) / shift.scale;
    dx = turned_x * shift.dx - turned_y * shift.dy;
    dy = turned_y * shift.dx + turned_x * shift.dy;
  }

  CASTNET_HOST_DEVICE double x(double at_x, double at_y) const {
    return centre_x + cosine * (at_x - centre_x) - sine * (at_y - centre_y) - dx;
  }
  CASTNET_HOST_DEVICE double y(double at_x, double at_y) const {
    return centre_y + sine * (at_x - centre_x) + cosine * (at_y - centre_y) - dy;
  }
};

/// The two pixels of an axis around a place, -1 outside, and the second one's share.
struct Neighbours {
  int near, far;
  Real share;

  CASTNET_HOST_DEVICE Neighbours(double place, int size, Border border) {
    const double before = std::floor(place);
    near = inside(static_cast<int>(before), size, border);
    far = inside(static_cast<int>(before) + 1, size, border);
    share = static_cast<Real>(place - before);
  }
  CASTNET_HOST_DEVICE Real mix(Real at_near, Real at_far) const {
    return (1 - share) * at_near + share * at_far;
  }
};

/// Whether a draw needs more than crop and flip.
CASTNET_HOST_DEVICE inline bool resamples(const AugmentDraw& draw) {
  return draw.shift_scale_rotate || draw.rotation || draw.window;
}

/// The geometric effect of a draw that resamples.
struct Geometry {
  ImageShape shape;
  AugmentDraw::Window window;
  Affine affine;
  Border border;       ///< around the image
  Border crop_border;  ///< around the crop

  CASTNET_HOST_DEVICE Geometry(const AugmentRecipe& recipe, const AugmentDraw& draw,
                               ImageShape of_shape)
      : shape(of_shape),
        window(draw.window.value_or(AugmentDraw::Window{0, 0, static_cast<double>(shape.height),
                                                        static_cast<double>(shape.width)})),
        affine(draw, shape),
        border(draw.shift_scale_rotate ? recipe.shift_scale_rotate.border : recipe.rotation.border),
        crop_border(recipe.crop_border) {}

  /// The source of a row of the cropped image; -1: outside.
  CASTNET_HOST_DEVICE double row(int cropped) const {
    return stretched(cropped, shape.height, window.top, window.height);
  }
  CASTNET_HOST_DEVICE double column(int cropped) const {
    return stretched(cropped, shape.width, window.left, window.width);
  }
};

/// The four pixels from which one pixel of the augmented image is interpolated; -1: outside, or in
/// the crop's border.
struct Sampled {
  bool cropped;
  Neighbours h, v;

  CASTNET_HOST_DEVICE Sampled(const Geometry& geometry, double row, double column)
      : cropped(row >= 0 && column >= 0),
        h(cropped ? geometry.affine.x(column, row) : 0, geometry.shape.width, geometry.border),
        v(cropped ? geometry.affine.y(column, row) : 0, geometry.shape.height, geometry.border) {}

  /// The value in one channel's plane, as a byte or between two bytes.
  CASTNET_HOST_DEVICE Real level(const Geometry& geometry, const Channel& channel,
                                 const std::uint8_t* plane) const {
    const auto at = [&](int y, int x) {
      return channel.at(plane, geometry.shape.width, y, x, geometry.border);
    };
    return cropped ? v.mix(h.mix(at(v.near, h.near), at(v.near, h.far)),
                           h.mix(at(v.far, h.near), at(v.far, h.far)))
                   : channel.outside(geometry.crop_border);
  }
};

/// A sample whose four pixels lie within the image, which is the usual case. It needs no check for
/// borders, so GCC vectorises it.
struct SampledWithin {
  int first;  ///< the nearest pixel up and to the left, in a plane; -1: not all are within
  Real h, v;  ///< shares of those on the right and below

  SampledWithin() = default;
  SampledWithin(const Geometry& geometry, double row, double column) {
    const double x = geometry.affine.x(column, row), y = geometry.affine.y(column, row);
    const double left = std::floor(x), top = std::floor(y);
    const bool within = row >= 0 && column >= 0 && left >= 0 && left < geometry.shape.width - 1 &&
                        top >= 0 && top < geometry.shape.height - 1;
    first = within ? static_cast<int>(top) * geometry.shape.width + static_cast<int>(left) : -1;
    h = static_cast<Real>(x - left);
    v = static_cast<Real>(y - top);
  }

  Real level(const std::uint8_t* plane, int width) const {
    const std::uint8_t* above = plane + first;
    const std::uint8_t* below = above + width;
    return mix(v, mix(h, above[0], above[1]), mix(h, below[0], below[1]));
  }

 private:
  static Real mix(Real share, Real near, Real far) { return (1 - share) * near + share * far; }
};

}  // namespace castnet
