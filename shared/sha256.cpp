#include "castnet_shared/sha256.hpp"

namespace castnet {

Sha256::Sha256() { SHA256Init(&state_); }

void Sha256::update(std::span<const std::uint8_t> bytes) {
  SHA256Update(&state_, bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) {
  SHA256Update(&state_, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

std::string Sha256::hex() {
  char digits[SHA256_DIGEST_STRING_LENGTH];
  SHA256End(&state_, digits);
  return digits;
}

std::string sha256_hex(std::span<const std::uint8_t> bytes) {
  Sha256 sum;
  sum.update(bytes);
  return sum.hex();
}

std::string sha256_hex(std::string_view text) {
  Sha256 sum;
  sum.update(text);
  return sum.hex();
}

bool is_sha256(std::string_view text) {
  return text.size() == SHA256_DIGEST_STRING_LENGTH - 1 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace castnet
