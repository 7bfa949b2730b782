#include "reports/png.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace castnet::codegen {
namespace {

constexpr std::size_t kChunk = 12;  // bytes of a chunk of a PNG file without its data

/// Big-endian, as all of PNG.
std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(at, 4))
    number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}

/// Of the header's data.
std::string header_fault(std::string_view data) {
  constexpr std::size_t kHeader = 13;
  constexpr std::uint32_t kMostSide = 8192;  // of a browser's picture
  if (data.size() != kHeader) return "its header is damaged";
  const std::uint32_t width = number_at(data, 0), height = number_at(data, 4);
  if (width >= 1 && width <= kMostSide && height >= 1 && height <= kMostSide) return "";
  return fmt::format("it has {} by {} pixels, and not 1 to {} each way", width, height, kMostSide);
}

}  // namespace

std::string png_fault(std::string_view bytes) {
  constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
  if (!bytes.starts_with(kSignature)) return "it has no PNG signature";
  bytes.remove_prefix(kSignature.size());
  for (bool first = true; bytes.size() >= kChunk; first = false) {
    const std::size_t length = number_at(bytes, 0);
    const std::string_view kind = bytes.substr(4, 4);
    if (length > bytes.size() - kChunk) break;
    if (first != (kind == "IHDR")) return "its header is not the first";
    if (first) {
      if (std::string fault = header_fault(bytes.substr(8, length)); !fault.empty()) return fault;
    }
    bytes.remove_prefix(length + kChunk);
    if (kind == "IEND") return bytes.empty() ? "" : "more bytes follow its end";
  }
  return "its end is missing";
}

}  // namespace castnet::codegen
