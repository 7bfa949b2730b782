// Values over epochs: where they lie in a picture, and the axes around them.
#pragma once

#include <cstddef>
#include <string>

#include "report/axis.hpp"
#include "report/canvas.hpp"

namespace castnet {

/// A plotting area, in pixels, and what it covers.
struct Plot {
  double left, top, width, height;
  double text;  ///< size of its letters, to which its gaps keep
  std::size_t epochs;
  Axis axis;  ///< of the values

  double bottom() const { return top + height; }
  // A lone epoch stands in the middle.
  double first() const { return epochs > 1 ? 1 : 0; }
  double last() const { return epochs > 1 ? static_cast<double>(epochs) : 2; }
  double x(double epoch) const { return left + width * (epoch - first()) / (last() - first()); }
  double y(double value) const {
    return top + height * (axis.high - value) / (axis.high - axis.low);
  }
};

/// Frame, lines at round values, about `epoch_steps` marks at whole epochs, and the titles.
void draw_axes(Canvas& canvas, const Plot& plot, const std::string& title, int epoch_steps);

}  // namespace castnet
