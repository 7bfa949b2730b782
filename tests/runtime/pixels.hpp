// Pictures, decoded.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "../catch.hpp"
#include "core/cairo.hpp"

namespace castnet::test {

/// Part of a picture: columns from `left` and rows from `top` on, up to `right` and `bottom`.
struct Region {
  int left, top, right, bottom;
};

/// A decoded PNG file. Colours are 0xRRGGBB.
class Pixels {
 public:
  explicit Pixels(const std::string& png) {
    std::string_view rest = png;
    surface_.reset(cairo_image_surface_create_from_png_stream(take, &rest));
    REQUIRE(cairo_surface_status(surface_.get()) == CAIRO_STATUS_SUCCESS);
  }

  int width() const { return cairo_image_surface_get_width(surface_.get()); }
  int height() const { return cairo_image_surface_get_height(surface_.get()); }
  Region all() const { return {0, 0, width(), height()}; }

  std::uint32_t at(int x, int y) const {
    if (x < 0 || x >= width() || y < 0 || y >= height()) FAIL("outside of the picture");
    const unsigned char* const data = cairo_image_surface_get_data(surface_.get());
    std::uint32_t pixel = 0;
    std::memcpy(&pixel, data + y * cairo_image_surface_get_stride(surface_.get()) + 4 * x,
                sizeof pixel);
    return pixel & 0xFFFFFF;
  }
  /// How many have that colour, within rounding.
  int count(std::uint32_t colour, const Region& region) const {
    int found = 0;
    for (int y = region.top; y < region.bottom; ++y) {
      for (int x = region.left; x < region.right; ++x) found += near(at(x, y), colour);
    }
    return found;
  }
  int count(std::uint32_t colour) const { return count(colour, all()); }
  /// How many are not white.
  int ink(const Region& region) const {
    return (region.right - region.left) * (region.bottom - region.top) - count(0xFFFFFF, region);
  }

 private:
  static cairo_status_t take(void* source, unsigned char* data, unsigned length) {
    auto& rest = *static_cast<std::string_view*>(source);
    if (rest.size() < length) return CAIRO_STATUS_READ_ERROR;
    std::memcpy(data, rest.data(), length);
    rest.remove_prefix(length);
    return CAIRO_STATUS_SUCCESS;
  }
  static bool near(std::uint32_t a, std::uint32_t b) {
    for (const int shift : {0, 8, 16}) {
      const auto channel = [&](std::uint32_t colour) {
        return static_cast<int>(colour >> shift & 0xFF);
      };
      if (std::abs(channel(a) - channel(b)) > 1) return false;
    }
    return true;
  }

  CairoSurface surface_;
};

}  // namespace castnet::test
