// A picture to draw on: a thin owner of a Cairo image surface.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/cairo.hpp"

namespace castnet {

/// Red, green and blue in 0..1.
struct Colour {
  double red, green, blue;
};

inline constexpr Colour kWhite = {1, 1, 1};
inline constexpr Colour kBlack = {0.1, 0.1, 0.1};
inline constexpr Colour kGrey = {0.45, 0.45, 0.45};
inline constexpr Colour kLightGrey = {0.88, 0.88, 0.88};
// Okabe and Ito's palette, which colour-blind readers can tell apart.
inline constexpr Colour kBlue = {0.0, 0.447, 0.698};
inline constexpr Colour kOrange = {0.835, 0.369, 0.0};

/// Where a text's anchor lies in it, horizontally. Vertically, it is the middle.
enum class Align { left, centre, right };

struct TextStyle {
  double size = 13;  ///< pixels
  Align align = Align::left;
  bool bold = false;
  Colour colour = kBlack;
  double angle = 0;  ///< radians, clockwise, about the anchor
};

/// White at first; lengths in pixels, y downwards.
class Canvas {
 public:
  /// Throws std::runtime_error if Cairo cannot make a surface of that size.
  Canvas(int width, int height);

  void rectangle(double x, double y, double width, double height, Colour colour);
  void frame(double x, double y, double width, double height, Colour colour);
  /// A broken line through `points`; a mark on each if `marks`.
  void polyline(const std::vector<std::pair<double, double>>& points, Colour colour,
                double thickness, bool dashed, bool marks);
  /// A filled area, through which `opacity` < 1 lets what lies beneath be seen.
  void area(const std::vector<std::pair<double, double>>& outline, Colour colour, double opacity);
  /// Filled regular polygons of that many sides, from 3, or discs for 0, around `centres`.
  void marks(const std::vector<std::pair<double, double>>& centres, Colour colour, double radius,
             int sides = 0);
  void line(double x0, double y0, double x1, double y1, Colour colour, double thickness = 1);
  /// UTF-8, in the sans-serif face.
  void text(double x, double y, const std::string& text, const TextStyle& style);
  /// The advance of a text in pixels.
  double text_width(const std::string& text, const TextStyle& style);
  /// The size at which `text` is at most `width` wide: the style's, or less.
  double fitting_size(const std::string& text, TextStyle style, double width);

  /// The picture as the bytes of a PNG file.
  std::string png() const;

 private:
  void set(Colour colour);
  void set_font(const TextStyle& style);

  CairoSurface surface_;
  CairoContext context_;
};

}  // namespace castnet
