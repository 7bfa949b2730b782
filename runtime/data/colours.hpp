// The change of colour jitter to one pixel, on every target, as documented in colour_jitter.hpp.
#pragma once

#include <algorithm>
#include <cmath>

#include "core/host_device.hpp"
#include "core/real.hpp"
#include "data/augment_draw.hpp"

namespace castnet::colours {

struct Colour {
  Real red, green, blue;
};

CASTNET_HOST_DEVICE inline Real clamp(Real value) { return std::clamp(value, Real{0}, Real{1}); }

CASTNET_HOST_DEVICE inline Real blend(Real share, Real value, Real other) {
  return clamp(share * value + (1 - share) * other);
}

CASTNET_HOST_DEVICE inline Real grey(const Colour& pixel) {
  return Real(0.2989) * pixel.red + Real(0.587) * pixel.green + Real(0.114) * pixel.blue;
}

CASTNET_HOST_DEVICE inline Real brighten(Real share, Real value) { return clamp(share * value); }

CASTNET_HOST_DEVICE inline Colour saturate(Real share, const Colour& pixel) {
  const Real level = grey(pixel);
  return {blend(share, pixel.red, level), blend(share, pixel.green, level),
          blend(share, pixel.blue, level)};
}

/// The hue in sixths of a turn, from -1 to 5. `most` is the largest of the three; `chroma` its
/// distance from the least, above 0.
CASTNET_HOST_DEVICE inline Real hue_of(const Colour& pixel, Real most, Real chroma) {
  if (pixel.red == most) return (pixel.green - pixel.blue) / chroma;
  if (pixel.green == most) return 2 + (pixel.blue - pixel.red) / chroma;
  return 4 + (pixel.red - pixel.green) / chroma;
}

/// A channel of the colour with that hue, largest value and chroma: `place` is the hue plus 5 for
/// red, 3 for green, 1 for blue (A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978, whose
/// six cases these are).
CASTNET_HOST_DEVICE inline Real from_hue(Real place, Real most, Real chroma) {
  const Real k = place - 6 * std::floor(place / 6);
  return clamp(most - chroma * clamp(std::min(k, 4 - k)));
}

CASTNET_HOST_DEVICE inline Colour turn_hue(Real sixths, const Colour& pixel) {
  const Real least = std::min(pixel.red, std::min(pixel.green, pixel.blue));
  const Real most = std::max(pixel.red, std::max(pixel.green, pixel.blue));
  const Real chroma = most - least;
  if (chroma <= 0) return pixel;
  const Real hue = sixths + hue_of(pixel, most, chroma);
  return {from_hue(5 + hue, most, chroma), from_hue(3 + hue, most, chroma),
          from_hue(1 + hue, most, chroma)};
}

/// Applies saturation and hue of a draw, unless they are neutral.
CASTNET_HOST_DEVICE inline Colour jitter(const AugmentDraw::ColourJitter& draw, Colour pixel) {
  if (draw.saturation != 1) pixel = saturate(static_cast<Real>(draw.saturation), pixel);
  if (draw.hue != 0) pixel = turn_hue(static_cast<Real>(6 * draw.hue), pixel);
  return pixel;
}

}  // namespace castnet::colours
