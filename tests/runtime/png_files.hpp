// PNG files.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "../catch.hpp"
#include "core/cairo.hpp"
#include "idx_files.hpp"

namespace castnet::test {

/// 0xAARRGGBB with premultiplied colours, of column and row.
using Paint = std::function<std::uint32_t(int x, int y)>;

inline void write_png(const std::filesystem::path& path, int width, int height, const Paint& paint,
                      cairo_format_t format = CAIRO_FORMAT_RGB24) {
  std::filesystem::create_directories(path.parent_path());
  const CairoSurface surface(cairo_image_surface_create(format, width, height));
  unsigned char* data = cairo_image_surface_get_data(surface.get());
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < height; ++y) {
    auto* row = reinterpret_cast<std::uint32_t*>(data + y * stride);
    for (int x = 0; x < width; ++x) row[x] = paint(x, y);
  }
  cairo_surface_mark_dirty(surface.get());
  REQUIRE(cairo_surface_write_to_png(surface.get(), path.c_str()) == CAIRO_STATUS_SUCCESS);
}

/// All of a PNG file before its pixels: 8-bit colours.
inline std::string png_header(std::uint32_t width, std::uint32_t height) {
  const std::string chunk =
      "IHDR" + big_endian(width) + big_endian(height) + std::string("\x08\x02\0\0\0", 5);
  const auto sum =
      crc32(0, reinterpret_cast<const Bytef*>(chunk.data()), static_cast<unsigned>(chunk.size()));
  return "\x89PNG\r\n\x1a\n" + big_endian(13) + chunk + big_endian(sum);
}

}  // namespace castnet::test
