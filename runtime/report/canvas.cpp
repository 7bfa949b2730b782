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

double pixels(int units) { return static_cast<double>(units) / PANGO_SCALE; }

/// The part of red, green or blue in the luminance of the same guidelines as `contrast`.
double linear(double part) {
  return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
}

double luminance(Colour colour) {
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

}  // namespace

double contrast(Colour a, Colour b) {
  const auto [darker, lighter] = std::minmax({luminance(a), luminance(b)});
  return (lighter + 0.05) / (darker + 0.05);
}

Colour legible(Colour colour) {
  while (contrast(colour, kWhite) < kLeastContrast) {
    colour = {0.98 * colour.red, 0.98 * colour.green, 0.98 * colour.blue};
  }
  return colour;
}

Canvas::Canvas(int width, int height)
    : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)),
      context_(cairo_create(surface_.get())) {
  check(cairo_surface_status(surface_.get()), "make a picture");
  check(cairo_status(context_.get()), "draw a picture");
  layout_.reset(pango_cairo_create_layout(context_.get()));  // the thread's fonts, loaded once
  pango_layout_set_single_paragraph_mode(layout_.get(), TRUE);
  set(kWhite);
  cairo_paint(context_.get());
}

void Canvas::set(Colour colour) {
  cairo_set_source_rgb(context_.get(), colour.red, colour.green, colour.blue);
}

void Canvas::rectangle(double x, double y, double width, double height, Colour colour) {
  set(colour);
  // Without antialiasing there is no seam between neighbouring rectangles.
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
                      double thickness, bool dashed) {
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
  polyline({{x0, y0}, {x1, y1}}, colour, thickness, false);
}

double Canvas::lay_out(const TextStyle& style) {
  const FontDescription font(pango_font_description_new());
  pango_font_description_set_family_static(font.get(), "sans-serif");
  pango_font_description_set_weight(font.get(),
                                    style.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
  pango_layout_set_font_description(layout_.get(), font.get());
  PangoRectangle box;
  pango_layout_get_extents(layout_.get(), nullptr, &box);
  return pixels(box.width);
}

void Canvas::set_text(const std::string& text) {
  const GlibString valid(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
  pango_layout_set_text(layout_.get(), valid.get(), -1);
  pango_layout_set_width(layout_.get(), -1);
  pango_layout_set_ellipsize(layout_.get(), PANGO_ELLIPSIZE_NONE);
}

double Canvas::text_width(const std::string& text, const TextStyle& style) {
  set_text(text);
  return lay_out(style);
}

void Canvas::fit(TextStyle& style) {
  const double least = std::min(style.size, kLeastText);
  while (lay_out(style) > style.width) {
    if (style.size == least) {
      pango_layout_set_width(layout_.get(),
                             static_cast<int>(std::max(0.0, style.width) * PANGO_SCALE));
      pango_layout_set_ellipsize(layout_.get(), PANGO_ELLIPSIZE_MIDDLE);
      return;
    }
    style.size = std::max(least, style.size - 0.5);  // hinted letters do not scale evenly
  }
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

double Canvas::middle() {
  PangoContext* const fonts = pango_layout_get_context(layout_.get());
  const LoadedFont font(
      pango_context_load_font(fonts, pango_layout_get_font_description(layout_.get())));
  cairo_scaled_font_t* const scaled =
      font ? pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font.get())) : nullptr;
  if (scaled == nullptr) return 0;
  cairo_font_extents_t extents;
  cairo_scaled_font_extents(scaled, &extents);
  return (extents.ascent - extents.descent) / 2;
}

void Canvas::text(double x, double y, const std::string& text, const TextStyle& wanted) {
  cairo_t* const context = context_.get();
  TextStyle style = wanted;
  set_text(text);
  fit(style);
  const double shift = style.align == Align::left ? 0 : style.align == Align::centre ? 0.5 : 1;
  const double baseline = middle();
  cairo_save(context);
  set(style.colour);
  cairo_translate(context, x, y);
  cairo_rotate(context, style.angle);
  pango_cairo_update_layout(context, layout_.get());
  PangoRectangle box;
  pango_layout_get_extents(layout_.get(), nullptr, &box);
  cairo_move_to(context, -pixels(box.x) - shift * pixels(box.width),
                baseline - pixels(pango_layout_get_baseline(layout_.get())));
  pango_cairo_show_layout(context, layout_.get());
  cairo_new_path(context);  // else the text's end would begin the next shape
  cairo_restore(context);
  pango_cairo_update_layout(context, layout_.get());
}

std::string Canvas::png() const {
  check(cairo_status(context_.get()), "draw a picture");
  std::string bytes;
  check(cairo_surface_write_to_png_stream(surface_.get(), append, &bytes), "encode a picture");
  return bytes;
}

}  // namespace castnet
