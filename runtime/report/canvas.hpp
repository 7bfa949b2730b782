// A picture to draw on: a thin owner of a Cairo image surface, with Pango's text.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/cairo.hpp"
#include "core/pango.hpp"

namespace castnet {

/// Red, green and blue in 0..1.
struct Colour {
  double red, green, blue;
};

/// 0xRRGGBB.
inline std::uint32_t packed(Colour colour) {
  const auto byte = [](double part) { return static_cast<std::uint32_t>(std::lround(255 * part)); };
  return byte(colour.red) << 16 | byte(colour.green) << 8 | byte(colour.blue);
}

inline constexpr Colour kWhite = {1, 1, 1};
inline constexpr Colour kBlack = {0.1, 0.1, 0.1};
inline constexpr Colour kGrey = {0.45, 0.45, 0.45};
inline constexpr Colour kLightGrey = {0.88, 0.88, 0.88};
// Okabe and Ito's palette, which colour-blind readers can tell apart.
inline constexpr Colour kBlue = {0.0, 0.447, 0.698};
inline constexpr Colour kOrange = {0.835, 0.369, 0.0};

/// Of two colours, from 1 to 21: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio.
double contrast(Colour a, Colour b);

/// What letters need against what is behind them, by the same guidelines.
inline constexpr double kLeastContrast = 4.5;

/// The colour, or as much darker as letters on white have to be.
Colour legible(Colour colour);

/// Letters that can still be read, in pixels.
inline constexpr double kLeastText = 10;

/// Where a text's anchor lies in it, horizontally. Vertically, it is the middle.
enum class Align { left, centre, right };

struct TextStyle {
  double size = 13;  ///< pixels
  Align align = Align::left;
  bool bold = false;
  Colour colour = kBlack;
  double angle = 0;  ///< radians, clockwise, about the anchor
  /// Pixels that the text may take: a longer one gets smaller letters, down to kLeastText, and then
  /// an ellipsis for its middle, as names differ at either end.
  double width = std::numeric_limits<double>::infinity();
};

/// White at first; lengths in pixels, y downwards.
class Canvas {
 public:
  /// Throws std::runtime_error if Cairo cannot make a surface of that size.
  Canvas(int width, int height);

  void rectangle(double x, double y, double width, double height, Colour colour);
  void frame(double x, double y, double width, double height, Colour colour);
  /// A broken line through `points`.
  void polyline(const std::vector<std::pair<double, double>>& points, Colour colour,
                double thickness, bool dashed);
  /// A filled area, through which `opacity` < 1 lets what lies beneath be seen.
  void area(const std::vector<std::pair<double, double>>& outline, Colour colour, double opacity);
  /// Filled regular polygons of that many sides, from 3, or discs for 0, around `centres`.
  void marks(const std::vector<std::pair<double, double>>& centres, Colour colour, double radius,
             int sides = 0);
  void line(double x0, double y0, double x1, double y1, Colour colour, double thickness = 1);
  /// UTF-8, in the sans-serif face, and in other fonts what this lacks. Each byte that is not UTF-8
  /// shows as a replacement character.
  void text(double x, double y, const std::string& text, const TextStyle& style);
  /// The picture's title: bold and centred, within the picture's width.
  void title(double y, const std::string& text, double size = 18);
  /// The advance of a text in pixels at the style's size.
  double text_width(const std::string& text, const TextStyle& style);
  /// Rows of `columns` pixels, 0xRRGGBB, each a square of `side`: nothing blurs them.
  void image(double x, double y, std::span<const std::uint32_t> pixels, int columns, int side);

  /// The picture as the bytes of a PNG file.
  std::string png() const;

 private:
  void set(Colour colour);
  void set_text(const std::string& text);
  /// Gives the text set the style's font, and tells how wide it is.
  double lay_out(const TextStyle& style);
  /// Makes the text set as narrow as the style asks for.
  void fit(TextStyle& style);
  /// How far the middle of the font's lines lies above their baseline.
  double middle();

  CairoSurface surface_;
  CairoContext context_;
  TextLayout layout_;
};

}  // namespace castnet
