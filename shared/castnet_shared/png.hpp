// The format of PNG files: RFC 2083, sections 3.1 and 3.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace castnet {

/// The first bytes of each PNG file.
inline constexpr std::string_view kPngSignature{"\x89PNG\r\n\x1a\n"};

/// The four bytes at `offset`, the highest first. Numbers of IDX files are written so, too.
constexpr std::uint32_t big_endian(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(offset, 4)) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return value;
}

}  // namespace castnet
