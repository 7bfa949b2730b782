#include "report/canvas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <stdexcept>

namespace castnet {
namespace {

void check(cairo_status_t status, const char* action) {
  if (status == CAIRO_STATUS_SUCCESS) return;
  throw std::runtime_error(fmt::format("cannot {}: {}", action, cairo_status_to_string(status)));
}

// Cairo calls this from C: no exception may leave it.
cairo_status_t append(void* target, const unsigned char* data, unsigned length) noexcept {
  try {
    static_cast<std::string*>(target)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  } catch (...) {
    return CAIRO_STATUS_NO_MEMORY;
  }
}

/// The start of the UTF-8 character that the byte `at` is of.
std::size_t start_of_character(const std::string& text, std::size_t at) {
  while (at > 0 && at < text.size() && (text[at] & 0xC0) == 0x80) --at;
  return at;
}

}  // namespace

Canvas::Canvas(int width, int height)
    : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)),
      context_(cairo_create(surface_.get())) {
  check(cairo_surface_status(surface_.get()), "make a picture");
  check(cairo_status(context_.get()), "draw a picture");
  set(kWhite);
  cairo_paint(context_.get());
}

void Canvas::set(Colour colour) {
  cairo_set_source_rgb(context_.get(), colour.red, colour.green, colour.blue);
}

void Canvas::rectangle(double x, double y, double width, double height, Colour colour) {
  set(colour);
  // Without antialiasing neighbouring rectangles meet without a seam.
  cairo_set_antialias(context_.get(), CAIRO_ANTIALIAS_NONE);
  cairo_rectangle(context_.get(), x, y, width, height);
  cairo_fill(context_.get());
  cairo_set_antialias(context_.get(), CAIRO_ANTIALIAS_DEFAULT);
}

void Canvas::frame(double x, double y, double width, double height, Colour colour) {
  set(colour);
  cairo_set_line_width(context_.get(), 1);
  cairo_rectangle(context_.get(), x + 0.5, y + 0.5, width - 1, height - 1);
  cairo_stroke(context_.get());
}

void Canvas::polyline(const std::vector<std::pair<double, double>>& points, Colour colour,
                      double thickness, bool dashed, bool marks) {
  cairo_t* const context = context_.get();
  set(colour);
  cairo_set_line_width(context, thickness);
  cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
  const std::array<double, 2> dashes = {6, 4};
  cairo_set_dash(context, dashes.data(), dashed ? 2 : 0, 0);
  cairo_new_path(context);
  for (const auto& [x, y] : points) cairo_line_to(context, x, y);
  cairo_stroke(context);
  cairo_set_dash(context, nullptr, 0, 0);
  if (marks) this->marks(points, colour, thickness + 1);
}

void Canvas::area(const std::vector<std::pair<double, double>>& outline, Colour colour,
                  double opacity) {
  cairo_t* const context = context_.get();
  cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, opacity);
  cairo_new_path(context);
  for (const auto& [x, y] : outline) cairo_line_to(context, x, y);
  cairo_fill(context);
}

void Canvas::marks(const std::vector<std::pair<double, double>>& centres, Colour colour,
                   double radius, int sides) {
  cairo_t* const context = context_.get();
  set(colour);
  for (const auto& [x, y] : centres) {
    cairo_new_path(context);
    if (sides == 0) cairo_arc(context, x, y, radius, 0, 2 * std::numbers::pi);
    for (int side = 0; side < sides; ++side) {
      const double angle = 2 * std::numbers::pi * (side + 0.5) / sides + std::numbers::pi / 2;
      const double outer = 1.3 * radius;  // about the disc's area
      cairo_line_to(context, x + outer * std::cos(angle), y + outer * std::sin(angle));
    }
    cairo_fill(context);
  }
}

void Canvas::line(double x0, double y0, double x1, double y1, Colour colour, double thickness) {
  polyline({{x0, y0}, {x1, y1}}, colour, thickness, false, false);
}

void Canvas::set_font(const TextStyle& style) {
  cairo_select_font_face(context_.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                         style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context_.get(), style.size);
}

double Canvas::text_width(const std::string& text, const TextStyle& style) {
  set_font(style);
  cairo_text_extents_t extents;
  cairo_text_extents(context_.get(), text.c_str(), &extents);
  return extents.x_advance;
}

std::string Canvas::fit(std::string text, TextStyle& style) {
  const double least = std::min(style.size, kLeastText);
  while (style.size > least && text_width(text, style) > style.width) {
    style.size = std::max(least, style.size - 0.5);  // hinted letters do not scale evenly
  }
  const std::string whole = text;
  for (std::size_t kept = whole.size(); kept > 0 && text_width(text, style) > style.width; --kept) {
    const std::size_t end = start_of_character(whole, whole.size() - kept / 2);
    text = whole.substr(0, start_of_character(whole, kept - kept / 2)) + "…" + whole.substr(end);
  }
  return text;
}

void Canvas::title(double y, const std::string& text, double size) {
  const double width = cairo_image_surface_get_width(surface_.get());
  this->text(width / 2, y, text,
             {.size = size, .align = Align::centre, .bold = true, .width = width - 2 * size});
}

void Canvas::image(double x, double y, std::span<const std::uint32_t> pixels, int columns,
                   int side) {
  const auto rows = static_cast<int>(pixels.size()) / columns;
  const CairoSurface image(cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows));
  check(cairo_surface_status(image.get()), "make an image");
  unsigned char* row = cairo_image_surface_get_data(image.get());
  for (; !pixels.empty(); pixels = pixels.subspan(static_cast<std::size_t>(columns))) {
    std::memcpy(row, pixels.data(), static_cast<std::size_t>(columns) * sizeof pixels[0]);
    row += cairo_image_surface_get_stride(image.get());
  }
  cairo_surface_mark_dirty(image.get());
  cairo_t* const context = context_.get();
  cairo_save(context);
  cairo_translate(context, x, y);
  cairo_scale(context, side, side);
  cairo_set_source_surface(context, image.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST);
  cairo_paint(context);
  cairo_restore(context);
}

void Canvas::text(double x, double y, const std::string& whole, const TextStyle& wanted) {
  cairo_t* const context = context_.get();
  TextStyle style = wanted;
  const std::string text = fit(whole, style);
  const double width = text_width(text, style);
  cairo_font_extents_t font;
  cairo_font_extents(context, &font);
  const double shift = style.align == Align::left ? 0 : style.align == Align::centre ? 0.5 : 1;
  cairo_save(context);
  set(style.colour);
  cairo_translate(context, x, y);
  cairo_rotate(context, style.angle);
  cairo_move_to(context, -shift * width, (font.ascent - font.descent) / 2);
  cairo_show_text(context, text.c_str());
  cairo_new_path(context);  // else the text's end would begin the next shape
  cairo_restore(context);
}

std::string Canvas::png() const {
  check(cairo_status(context_.get()), "draw a picture");
  std::string bytes;
  check(cairo_surface_write_to_png_stream(surface_.get(), append, &bytes), "encode a picture");
  return bytes;
}

}  // namespace castnet
