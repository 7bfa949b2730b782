#include "castnet_shared/encoding.hpp"

#include <fmt/core.h>

namespace castnet {
namespace {

using namespace std::string_view_literals;

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool between(unsigned byte, unsigned least, unsigned most) { return least <= byte && byte <= most; }

bool continues(std::string_view text, std::size_t at) {
  return between(byte_at(text, at), 0x80, 0xbf);
}

/// Bytes of the character that begins there; 0 where none of UTF-8 does (The Unicode Standard,
/// table 3-7).
std::size_t character(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at), second = byte_at(text, at + 1);
  if (between(first, 0x01, 0x7f)) return 1;
  if (!continues(text, at + 1)) return 0;
  if (between(first, 0xc2, 0xdf)) return 2;
  if (!continues(text, at + 2)) return 0;
  if (between(first, 0xe0, 0xef)) {
    const bool fine = first == 0xe0 ? second >= 0xa0 : first != 0xed || second <= 0x9f;
    return fine ? 3 : 0;
  }
  if (!continues(text, at + 3) || !between(first, 0xf0, 0xf4)) return 0;
  const bool fine = first == 0xf0 ? second >= 0x90 : first != 0xf4 || second <= 0x8f;
  return fine ? 4 : 0;
}

/// Forms that look like UTF-8 but are forbidden, in words; empty: it is none.
std::string_view forbidden_form(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at), second = byte_at(text, at + 1);
  if (!continues(text, at + 1)) return "";
  if (first == 0xc0 || first == 0xc1) return "an overlong form of a character";
  if (!continues(text, at + 2)) return "";
  if (first == 0xe0 && second < 0xa0) return "an overlong form of a character";
  if (first == 0xed && second > 0x9f) return "half of a surrogate pair";
  if (!continues(text, at + 3)) return "";
  if (first == 0xf0 && second < 0x90) return "an overlong form of a character";
  return first >= 0xf4 ? "beyond the last character of Unicode" : "";
}

/// Whether the text ends within the character that begins there.
bool cut_off(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const std::size_t left = text.size() - at;
  if (!between(first, 0xc2, 0xf4) || left < 2 || left >= size) return false;
  return continues(text, at + 1) && continues(text, text.size() - 1);
}

/// UTF-16 and UTF-32 by their byte order mark, or by the zeros beside the first character, which in
/// a spec is one of ASCII.
std::string wide_encoding(std::string_view text) {
  if (text.starts_with("\xff\xfe\0\0"sv) || text.starts_with("\0\0\xfe\xff"sv)) return "UTF-32";
  if (text.starts_with("\xff\xfe"sv) || text.starts_with("\xfe\xff"sv)) return "UTF-16";
  const auto zeros = [&](std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (i >= text.size() || (text[i] == '\0') != (pattern[i] == '0')) return false;
    }
    return true;
  };
  if (zeros("x000")) return "UTF-32LE";
  if (zeros("000x")) return "UTF-32BE";
  if (zeros("x0")) return "UTF-16LE";
  if (zeros("0x")) return "UTF-16BE";
  return "";
}

/// Windows-1252 gives every byte but these a character, Latin-1's where that has one.
bool is_windows_1252(std::string_view text) {
  constexpr std::string_view kNone = "\0\x81\x8d\x8f\x90\x9d"sv;
  return text.find_first_of(kNone) == std::string_view::npos;
}

}  // namespace

std::optional<EncodingFault> encoding_fault(std::string_view text) {
  bool multibyte = false;
  std::size_t at = 0;
  for (std::size_t size; at < text.size(); at += size) {
    size = character(text, at);
    if (size == 0) break;
    multibyte = multibyte || size > 1;
  }
  if (at == text.size()) return {};
  EncodingFault fault{at, fmt::format("byte {:#04x} at offset {}", byte_at(text, at), at),
                      wide_encoding(text)};
  const std::string_view form = forbidden_form(text, at);
  if (cut_off(text, at)) {
    fault.what += " begins a character that is cut off";
  } else if (!form.empty()) {
    fault.what += fmt::format(" begins {}, which is not UTF-8", form);
  } else {
    fault.what += text[at] == '\0' ? " is not a character of a text" : " is not UTF-8";
    if (fault.encoding.empty() && !multibyte && is_windows_1252(text)) fault.encoding = "CP1252";
  }
  return fault;
}

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

}  // namespace castnet
