// SHA-256, by libmd: names data sets, weights and specs in run directories.
#pragma once

#include <sha256.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace castnet {

/// Hashes what `update` is given, in order; `hex` ends it.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::uint8_t> bytes);
  void update(std::string_view text);
  /// The digest as 64 lower-case hexadecimal digits. Call once, at the end.
  std::string hex();

 private:
  SHA256_CTX state_;
};

/// The digest of one piece of bytes.
std::string sha256_hex(std::span<const std::uint8_t> bytes);
std::string sha256_hex(std::string_view text);
/// Whether the text is a digest as `hex` gives it.
bool is_sha256(std::string_view text);

}  // namespace castnet
