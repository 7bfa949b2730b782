// Comma-separated files (RFC 4180): every name in one goes through these two.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/from_chars.hpp"

namespace castnet {

/// `text` as one cell, which reads back equal, and which no spreadsheet takes for a formula: where
/// one could begin, an apostrophe stands before it. Quoted if it holds a separator, a quote or a
/// line break.
std::string csv_cell(std::string_view text);

/// A cell as a number, whatever the locale; nothing if it is none.
template <class T>
std::optional<T> csv_number(const std::string& cell) {
  T value{};
  const char* const last = cell.data() + cell.size();
  const auto [end, error] = from_chars(cell.data(), last, value);
  if (error != std::errc{} || end != last) return {};
  return value;
}

/// How large a file may be.
struct CsvLimits {
  std::size_t columns;
  std::size_t rows;  ///< with the first
};

/// Reads a file row by row, so that a large one takes the memory of one row.
class CsvReader {
 public:
  /// `text` must outlive the reader.
  CsvReader(std::string_view text, CsvLimits limits) : text_(text), limits_(limits) {}

  /// Reads the next row; false behind the last, which may lack its line break. Throws
  /// std::runtime_error, as fail() does, if the row is no row of as many cells as the first, or
  /// beyond the limits.
  bool next();
  /// The row's cells as csv_cell() was given them.
  const std::vector<std::string>& cells() const { return cells_; }
  /// A cell as a number. Throws std::runtime_error, as fail() does, if it is none, or not finite.
  template <class T>
  T number(std::size_t column) const {
    const auto value = csv_number<T>(cells_[column]);
    if (!value) fail_at(column, "no number of this column");
    if constexpr (std::floating_point<T>) {
      if (!std::isfinite(*value)) fail_at(column, "not finite");
    }
    return *value;
  }

  /// Throws std::runtime_error: "line 3: PROBLEM", or with the cell, too.
  [[noreturn]] void fail(std::string_view problem) const;
  [[noreturn]] void fail_at(std::size_t column, std::string_view problem) const;

 private:
  std::string read_cell();
  std::string read_quoted();
  bool at_line_end() const;

  std::string_view text_;
  CsvLimits limits_;
  std::size_t at_ = 0;         ///< behind what was read
  std::size_t line_ = 1;       ///< on which the row begins
  std::size_t next_line_ = 1;  ///< on which the next row begins
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;  ///< of the first row
  std::vector<std::string> cells_;
};

}  // namespace castnet
