// SHA-256 (FIPS 180-4): names data sets, weights and specs in run directories.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace castnet {

/// Hashes what `update` is given, in order; `hex` ends it.
class Sha256 {
 public:
  void update(std::span<const std::uint8_t> bytes);
  void update(std::string_view text);
  /// The digest as 64 lower-case hexadecimal digits. Call once, at the end.
  std::string hex();

 private:
  void compress(const std::uint8_t* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> pending_ = {};
  std::size_t pending_bytes_ = 0;
  std::uint64_t total_bytes_ = 0;
};

/// The digest of one piece of bytes.
std::string sha256_hex(std::span<const std::uint8_t> bytes);
std::string sha256_hex(std::string_view text);

}  // namespace castnet
