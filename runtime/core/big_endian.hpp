// Numbers as IDX and PNG files have them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace castnet {

/// The four bytes at `offset`, the highest first.
constexpr std::uint32_t big_endian(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(offset, 4)) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return value;
}

}  // namespace castnet
