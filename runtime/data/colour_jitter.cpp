#include "data/colour_jitter.hpp"

#include "data/colours.hpp"

namespace castnet {
namespace {

using colours::Colour;

/// The three planes of a colour image.
struct Planes {
  std::span<Real> red, green, blue;

  explicit Planes(std::span<Real> image)
      : red(image.first(image.size() / 3)),
        green(image.subspan(red.size(), red.size())),
        blue(image.last(red.size())) {}

  std::size_t size() const { return red.size(); }
  Colour operator[](std::size_t i) const { return {red[i], green[i], blue[i]}; }
  void set(std::size_t i, const Colour& pixel) const {
    red[i] = pixel.red;
    green[i] = pixel.green;
    blue[i] = pixel.blue;
  }
};

/// In double, and in order: the same bits everywhere in one build.
double grey_mean(ImageShape shape, std::span<Real> image) {
  double sum = 0;
  if (shape.channels != 3) {
    for (const Real value : image) sum += static_cast<double>(value);
    return sum / static_cast<double>(image.size());
  }
  const Planes planes(image);
  for (std::size_t i = 0; i < planes.size(); ++i) {
    sum += static_cast<double>(colours::grey(planes[i]));
  }
  return sum / static_cast<double>(planes.size());
}

}  // namespace

void jitter_colours(const AugmentDraw::ColourJitter& draw, ImageShape shape,
                    std::span<Real> image) {
  if (draw.brightness != 1) {
    for (Real& value : image) {
      value = colours::brighten(static_cast<Real>(draw.brightness), value);
    }
  }
  if (draw.contrast != 1) {
    const auto mean = static_cast<Real>(grey_mean(shape, image));
    for (Real& value : image) {
      value = colours::blend(static_cast<Real>(draw.contrast), value, mean);
    }
  }
  if (shape.channels != 3) return;
  const Planes planes(image);
  if (draw.saturation != 1) {
    const auto share = static_cast<Real>(draw.saturation);
    for (std::size_t i = 0; i < planes.size(); ++i) {
      planes.set(i, colours::saturate(share, planes[i]));
    }
  }
  if (draw.hue != 0) {
    const auto sixths = static_cast<Real>(6 * draw.hue);
    for (std::size_t i = 0; i < planes.size(); ++i) {
      planes.set(i, colours::turn_hue(sixths, planes[i]));
    }
  }
}

}  // namespace castnet
