// Texts of strangers in messages.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace castnet::codegen {

/// `text` in a form that is safe for a terminal. Each control character becomes '?', because a
/// terminal could take it for a command, and the text is cut after this number of bytes. Tabs, line
/// breaks and other languages stay.
inline std::string on_terminal(std::string_view text, std::size_t most = 2000) {
  std::string shown;
  for (std::size_t at = 0; at < std::min(text.size(), most); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    // Unicode's further control characters, U+0080 to U+009F, are 0xc2 and a byte below 0xa0.
    const bool further = byte >= 0x80 && byte < 0xa0 && shown.ends_with('\xc2');
    if (further) shown.pop_back();
    const bool control = (byte < 32 && byte != '\n' && byte != '\t') || byte == 127 || further;
    shown += control ? '?' : text[at];
  }
  return text.size() > most ? shown + "..." : shown;
}

}  // namespace castnet::codegen
