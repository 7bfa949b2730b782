// Comma-separated files (RFC 4180). Every name in such a file is written and read here.
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

/// `text` as one cell that reads back equal, and that no spreadsheet takes for a formula: an
/// apostrophe stands where a formula could begin. The cell is quoted if it holds a separator, a
/// quote or a line break.
std::string csv_cell(std::string_view text);

/// A cell as a number, in any locale; nothing if it is not one.
template <class T>
std::optional<T> csv_number(const std::string& cell) {
  T value{};
  const char* const last = cell.data() + cell.size();
  const auto [end, error] = from_chars(cell.data(), last, value);
  if (error != std::errc{} || end != last) return {};
  return value;
}

/// The limits of a file.
struct CsvLimits {
  std::size_t columns;
  std::size_t rows;  ///< including the first
};

/// Reads a file row by row, so that a large one takes the memory of one row.
class CsvReader {
 public:
  /// `text` must outlive the reader.
  CsvReader(std::string_view text, CsvLimits limits) : text_(text), limits_(limits) {}

  /// Reads the next row. Returns false after the last row, which may lack its line break. Throws
  /// std::runtime_error, like fail(), if the row does not have as many cells as the first one, or
  /// exceeds the limits.
  bool next();
  /// The row's cells, as they were given to csv_cell().
  const std::vector<std::string>& cells() const { return cells_; }
  /// A cell as a number. Throws std::runtime_error, like fail(), if it is not a finite number.
  template <class T>
  T number(std::size_t column) const {
    const auto value = csv_number<T>(cells_[column]);
    if (!value) fail_at(column, "no number of this column");
    if constexpr (std::floating_point<T>) {
      if (!std::isfinite(*value)) fail_at(column, "not finite");
    }
    return *value;
  }

  /// Throws std::runtime_error with "line 3: PROBLEM"; the other form also names the cell.
  [[noreturn]] void fail(std::string_view problem) const;
  [[noreturn]] void fail_at(std::size_t column, std::string_view problem) const;

 private:
  std::string read_cell();
  std::string read_quoted();
  bool at_line_end() const;

  std::string_view text_;
  CsvLimits limits_;
  std::size_t at_ = 0;         ///< position after the text that was read
  std::size_t line_ = 1;       ///< on which the row begins
  std::size_t next_line_ = 1;  ///< on which the next row begins
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;  ///< number of cells in the first row
  std::vector<std::string> cells_;
};

}  // namespace castnet
