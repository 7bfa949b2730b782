// A heat map over an image, and its colours.
#pragma once

#include <vector>

namespace castnet {

struct Colour;  // report/canvas.hpp

/// How much each part of an image counts: row-major, in 0..1; the largest is 1, or all are 0.
struct HeatMap {
  int height = 0, width = 0;
  std::vector<double> values = {};
};

/// At another size by bilinear interpolation between the centres of pixels, beyond which it stays
/// constant (torch.nn.functional.interpolate with align_corners=False); then the largest is 1
/// again.
HeatMap scaled(const HeatMap& map, int height, int width);

/// Divides by the largest value, unless none is above 0.
void normalise(HeatMap& map);

/// The colour of a value in 0..1 on matplotlib's viridis scale, which rises evenly in lightness,
/// for colour-blind readers, too.
Colour heat_colour(double value);

}  // namespace castnet
