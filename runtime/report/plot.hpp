// Plots values over epochs: their places in a picture, and the axes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "report/axis.hpp"
#include "report/canvas.hpp"

namespace castnet {

/// A plotting area in pixels, and its ranges.
struct Plot {
  double left, top, width, height;
  double text;  ///< size of its letters, from which its gaps follow
  std::size_t epochs;
  Axis axis;  ///< of the values

  double bottom() const { return top + height; }
  // The place of an epoch. A single epoch stands in the middle.
  double first() const { return epochs > 1 ? 1 : 0; }
  double last() const { return epochs > 1 ? static_cast<double>(epochs) : 2; }
  double x(double epoch) const { return left + width * (epoch - first()) / (last() - first()); }
  /// The place of a value. A value that the axis leaves out lies at its end.
  double y(double value) const {
    return top + height * (axis.high - std::min(value, axis.high)) / (axis.high - axis.low);
  }
};

/// Draws the frame, lines at round values, about `epoch_steps` marks at whole epochs, and the
/// titles. The title of the values mentions those that the axis leaves out.
void draw_axes(Canvas& canvas, const Plot& plot, const std::string& title, int epoch_steps);

struct CurveStyle {
  Colour colour;
  double thickness;
  bool dashed;
  double radius;  ///< radius of a mark on each value; 0: no marks
  int sides;      ///< sides of a mark; 0: a disc
};

/// Draws a line through the values of the epochs from 1 on, with a triangle at each value that the
/// axis leaves out.
void draw_curve(Canvas& canvas, const Plot& plot, std::span<const double> values,
                const CurveStyle& style);
/// Fills the area between the values of the epochs from 1 on.
void draw_band(Canvas& canvas, const Plot& plot, std::span<const double> lower,
               std::span<const double> upper, Colour colour, double opacity);

}  // namespace castnet
