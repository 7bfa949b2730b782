#include "data/colour_jitter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace castnet {
namespace {

Real clamp(Real value) { return std::clamp(value, Real{0}, Real{1}); }

Real blend(Real share, Real value, Real other) {
  return clamp(share * value + (1 - share) * other);
}

Real grey(Real red, Real green, Real blue) {
  return Real(0.2989) * red + Real(0.587) * green + Real(0.114) * blue;
}

/// The three planes of a colour image.
struct Planes {
  std::span<Real> red, green, blue;

  explicit Planes(std::span<Real> image)
      : red(image.first(image.size() / 3)),
        green(image.subspan(red.size(), red.size())),
        blue(image.last(red.size())) {}
};

/// In double, and in order: the same bits everywhere in one build.
double grey_mean(ImageShape shape, std::span<Real> image) {
  double sum = 0;
  if (shape.channels != 3) {
    for (const Real value : image) sum += static_cast<double>(value);
    return sum / static_cast<double>(image.size());
  }
  const Planes planes(image);
  for (std::size_t i = 0; i < planes.red.size(); ++i) {
    sum += static_cast<double>(grey(planes.red[i], planes.green[i], planes.blue[i]));
  }
  return sum / static_cast<double>(planes.red.size());
}

void saturate(Real share, const Planes& planes) {
  for (std::size_t i = 0; i < planes.red.size(); ++i) {
    const Real level = grey(planes.red[i], planes.green[i], planes.blue[i]);
    for (const auto plane : {planes.red, planes.green, planes.blue}) {
      plane[i] = blend(share, plane[i], level);
    }
  }
}

/// The hue in sixths of a turn, from -1 to 5. `most` is the largest of the three; `chroma` its
/// distance from the least, above 0.
Real hue_of(Real red, Real green, Real blue, Real most, Real chroma) {
  if (red == most) return (green - blue) / chroma;
  if (green == most) return 2 + (blue - red) / chroma;
  return 4 + (red - green) / chroma;
}

/// A channel of the colour with that hue, largest value and chroma: `place` is the hue plus 5 for
/// red, 3 for green, 1 for blue (A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978, whose
/// six cases these are).
Real from_hue(Real place, Real most, Real chroma) {
  const Real k = place - 6 * std::floor(place / 6);
  return clamp(most - chroma * clamp(std::min(k, 4 - k)));
}

void turn_hue(Real sixths, const Planes& planes) {
  for (std::size_t i = 0; i < planes.red.size(); ++i) {
    const auto [least, most] = std::minmax({planes.red[i], planes.green[i], planes.blue[i]});
    const Real chroma = most - least;
    if (chroma <= 0) continue;
    const Real hue = sixths + hue_of(planes.red[i], planes.green[i], planes.blue[i], most, chroma);
    planes.red[i] = from_hue(5 + hue, most, chroma);
    planes.green[i] = from_hue(3 + hue, most, chroma);
    planes.blue[i] = from_hue(1 + hue, most, chroma);
  }
}

}  // namespace

void jitter_colours(const AugmentDraw::ColourJitter& draw, ImageShape shape,
                    std::span<Real> image) {
  if (draw.brightness != 1) {
    for (Real& value : image) value = clamp(static_cast<Real>(draw.brightness) * value);
  }
  if (draw.contrast != 1) {
    const auto mean = static_cast<Real>(grey_mean(shape, image));
    for (Real& value : image) value = blend(static_cast<Real>(draw.contrast), value, mean);
  }
  if (shape.channels != 3) return;
  const Planes planes(image);
  if (draw.saturation != 1) saturate(static_cast<Real>(draw.saturation), planes);
  if (draw.hue != 0) turn_hue(static_cast<Real>(6 * draw.hue), planes);
}

}  // namespace castnet
