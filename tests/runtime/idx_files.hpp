// Files as MNIST's.
#pragma once

#include <cstddef>
#include <string>

namespace castnet::test {

inline std::string big_endian(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

/// `count` images of 28x28 pixels.
inline std::string idx_images(std::size_t count, const std::string& pixels,
                              std::size_t magic = 0x803) {
  return big_endian(magic) + big_endian(count) + big_endian(28) + big_endian(28) + pixels;
}

inline std::string idx_labels(const std::string& labels, std::size_t magic = 0x801) {
  return big_endian(magic) + big_endian(labels.size()) + labels;
}

}  // namespace castnet::test
