#include "data/passed_over.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "castnet_shared/file.hpp"
#include "castnet_shared/png.hpp"

namespace castnet {
namespace {

using namespace std::string_view_literals;

/// Bytes at an offset that tell a format.
struct Signature {
  std::string_view format;
  std::size_t offset;
  std::string_view bytes;
};

constexpr std::array kSignatures = {
    Signature{"PNG", 0, kPngSignature}, Signature{"JPEG", 0, "\xff\xd8\xff"sv},
    Signature{"GIF", 0, "GIF8"sv},      Signature{"BMP", 0, "BM"sv},
    Signature{"WebP", 8, "WEBP"sv},     Signature{"TIFF", 0, "II*\0"sv},
    Signature{"TIFF", 0, "MM\0*"sv},    Signature{"HEIC or AVIF", 4, "ftyp"sv}};

}  // namespace

void PassedOver::add(PassedKind kind, const std::filesystem::path& path) {
  Kind& counted = kinds_[std::move(kind)];
  if (counted.count++ == 0) counted.example = path;
}

std::vector<std::string> PassedOver::lines() const {
  std::vector<std::string> lines;
  for (const auto& [kind, counted] : kinds_) {
    const bool one = counted.count == 1;
    lines.push_back(fmt::format("passed over {} {}{}{}, {}'{}'{}{}", counted.count, kind.noun,
                                one ? "" : "s", kind.detail, one ? "" : "such as ",
                                counted.example.string(), kind.advice.empty() ? "" : "; ",
                                kind.advice));
  }
  return lines;
}

std::string_view format_of(std::string_view head) {
  const auto matches = [&](const Signature& signature) {
    return head.size() >= signature.offset &&
           head.substr(signature.offset).starts_with(signature.bytes);
  };
  const auto known = std::ranges::find_if(kSignatures, matches);
  return known == kSignatures.end() ? std::string_view() : known->format;
}

std::string_view format_of_file(const std::filesystem::path& path) {
  try {
    std::array<char, 12> head;
    const std::size_t count = read_next(open_regular(path), head);
    return format_of({head.data(), count});
  } catch (const FileError&) {
    return {};
  }
}

}  // namespace castnet
