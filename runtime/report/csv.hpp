// Cells of comma-separated files.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/from_chars.hpp"

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

/// A cell as a number, whatever the locale; nothing if it is none.
template <class T>
std::optional<T> csv_number(const std::string& cell) {
  T value{};
  const char* const last = cell.data() + cell.size();
  const auto [end, error] = from_chars(cell.data(), last, value);
  if (error != std::errc{} || end != last) return {};
  return value;
}

/// The cells of each row, without their quotes. The last row may lack its line break. Throws
/// std::runtime_error where a row is longer or shorter than the first.
inline std::vector<std::vector<std::string>> csv_rows(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  bool quoted = false;
  bool in_row = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!in_row) rows.push_back({""});
    in_row = true;
    std::string& cell = rows.back().back();
    const char character = text[i];
    if (character == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      cell += '"';
      ++i;
    } else if (character == '"') {
      quoted = !quoted;
    } else if (character == ',' && !quoted) {
      rows.back().emplace_back();
    } else if (character == '\n' && !quoted) {
      in_row = false;
    } else {
      cell += character;
    }
  }
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].size() == rows[0].size()) continue;
    throw std::runtime_error("row " + std::to_string(i) + " has " + std::to_string(rows[i].size()) +
                             " cells instead of " + std::to_string(rows[0].size()));
  }
  return rows;
}

/// As csv_number(), where a number is needed. Throws std::runtime_error.
template <class T>
T needed_number(const std::string& cell) {
  if (const auto value = csv_number<T>(cell)) return *value;
  throw std::runtime_error("'" + cell + "' is no number");
}

}  // namespace castnet
