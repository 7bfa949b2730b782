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

/// The colour 0xRRGGBB.
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

/// The contrast ratio of two colours, from 1 to 21:
/// https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio.
double contrast(Colour a, Colour b);

/// The contrast that letters need against their background, by the same guidelines.
inline constexpr double kLeastContrast = 4.5;

/// The colour, or a darker one with enough contrast for letters on white.
Colour legible(Colour colour);

/// The smallest readable size of letters, in pixels.
inline constexpr double kLeastText = 10;

/// The horizontal place of a text's anchor. Vertically the anchor is in the middle.
enum class Align { left, centre, right };

struct TextStyle {
  double size = 13;  ///< pixels
  Align align = Align::left;
  bool bold = false;
  Colour colour = kBlack;
  double angle = 0;  ///< radians, clockwise, about the anchor
  /// The largest width of the text in pixels. A longer text gets smaller letters, down to
  /// kLeastText, and then an ellipsis in its middle, because names differ at either end.
  double width = std::numeric_limits<double>::infinity();
};

/// A picture that is white at first. Lengths are in pixels, and y points downwards.
class Canvas {
 public:
  /// Throws std::runtime_error if Cairo cannot make a surface of that size.
  Canvas(int width, int height);

  void rectangle(double x, double y, double width, double height, Colour colour);
  void frame(double x, double y, double width, double height, Colour colour);
  /// A broken line through `points`.
  void polyline(const std::vector<std::pair<double, double>>& points, Colour colour,
                double thickness, bool dashed);
  /// A filled area; with `opacity` < 1 it is transparent.
  void area(const std::vector<std::pair<double, double>>& outline, Colour colour, double opacity);
  /// Filled regular polygons of that many sides, from 3, or discs for 0, around `centres`.
  void marks(const std::vector<std::pair<double, double>>& centres, Colour colour, double radius,
             int sides = 0);
  void line(double x0, double y0, double x1, double y1, Colour colour, double thickness = 1);
  /// Draws UTF-8 text in the sans-serif face, with other fonts for missing characters. Each byte
  /// that is not UTF-8 shows as a replacement character.
  void text(double x, double y, const std::string& text, const TextStyle& style);
  /// Draws the picture's title, bold and centred, within the picture's width.
  void title(double y, const std::string& text, double size = 18);
  /// The advance of a text in pixels at the style's size.
  double text_width(const std::string& text, const TextStyle& style);
  /// Draws rows of `columns` pixels, 0xRRGGBB, each as a sharp square of `side`.
  void image(double x, double y, std::span<const std::uint32_t> pixels, int columns, int side);

  /// The picture as the bytes of a PNG file.
  std::string png() const;

 private:
  void set(Colour colour);
  void set_text(const std::string& text);
  /// Sets the style's font for the text, and returns the text's width.
  double lay_out(const TextStyle& style);
  /// Makes the text as narrow as the style requires.
  void fit(TextStyle& style);
  /// The distance of the middle of the font's lines above their baseline.
  double middle();

  CairoSurface surface_;
  CairoContext context_;
  TextLayout layout_;
};

}  // namespace castnet
