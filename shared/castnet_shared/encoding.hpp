// Encoding: checks that bytes are UTF-8 text, as YAML, JSON, generated source and pictures require.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace castnet {

/// The first byte that is not UTF-8 text, or is a zero.
struct EncodingFault {
  std::size_t offset = 0;  ///< in bytes, from 0
  std::string what;        ///< e.g. "byte 0xe9 at offset 12 is not UTF-8"
  std::string encoding;    ///< the one that the text seems to have, as iconv calls it; else empty
};

/// Returns nothing if all of `text` is UTF-8. A byte order mark at its start is allowed.
std::optional<EncodingFault> encoding_fault(std::string_view text);

/// Whether all of it is UTF-8 text.
inline bool is_utf8(std::string_view text) { return !encoding_fault(text); }

/// The text without UTF-8's byte order mark.
std::string_view without_mark(std::string_view text);

}  // namespace castnet
