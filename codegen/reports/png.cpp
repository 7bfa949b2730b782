#include "reports/png.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "castnet_shared/png.hpp"

namespace castnet::codegen {
namespace {

constexpr std::size_t kChunk = 12;  // bytes of a chunk of a PNG file without its data

/// The size of the header's data.
std::string header_fault(std::string_view data) {
  constexpr std::size_t kHeader = 13;
  constexpr std::uint32_t kMostSide = 8192;  // of a browser's picture
  if (data.size() != kHeader) return "its header is damaged";
  const std::uint32_t width = big_endian(data, 0), height = big_endian(data, 4);
  if (width >= 1 && width <= kMostSide && height >= 1 && height <= kMostSide) return "";
  return fmt::format("it has {} by {} pixels, and not 1 to {} each way", width, height, kMostSide);
}

}  // namespace

std::string png_fault(std::string_view bytes) {
  if (!bytes.starts_with(kPngSignature)) return "it has no PNG signature";
  bytes.remove_prefix(kPngSignature.size());
  for (bool first = true; bytes.size() >= kChunk; first = false) {
    const std::size_t length = big_endian(bytes, 0);
    const std::string_view kind = bytes.substr(4, 4);
    if (length > bytes.size() - kChunk) break;
    if (first != (kind == "IHDR")) return "its header does not come first";
    if (first) {
      if (std::string fault = header_fault(bytes.substr(8, length)); !fault.empty()) return fault;
    }
    bytes.remove_prefix(length + kChunk);
    if (kind == "IEND") return bytes.empty() ? "" : "more bytes follow its end";
  }
  return "its end is missing";
}

}  // namespace castnet::codegen
