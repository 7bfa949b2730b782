// A heat map over an image, and its colours.
#pragma once

#include <vector>

namespace castnet {

struct Colour;  // report/canvas.hpp

/// The weight of each part of an image: row-major, in 0..1. The largest is 1, or all are 0.
struct HeatMap {
  int height = 0, width = 0;
  std::vector<double> values = {};
};

/// The heat map at another size, by bilinear interpolation between the centres of pixels, constant
/// beyond them (torch.nn.functional.interpolate with align_corners=False). Then the largest value
/// is 1 again.
HeatMap scaled(const HeatMap& map, int height, int width);

/// Divides by the largest value, unless none is above 0.
void normalise(HeatMap& map);

/// The colour of a value in 0..1 on matplotlib's viridis scale. Its lightness rises evenly, also
/// for colour-blind readers.
Colour heat_colour(double value);

}  // namespace castnet
