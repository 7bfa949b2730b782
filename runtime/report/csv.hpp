// Cells of comma-separated files.
#pragma once

#include <string>

namespace castnet {

/// `text` as one cell: quoted if it holds a comma, a quote or a line break (RFC 4180).
inline std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char character : text) {
    if (character == '"') quoted += '"';
    quoted += character;
  }
  return quoted + '"';
}

}  // namespace castnet
