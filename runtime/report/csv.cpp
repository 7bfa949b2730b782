#include "report/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace castnet {
namespace {

using namespace std::string_view_literals;

/// With what spreadsheets let a formula begin: also in the full width of East Asian text, and with
/// blanks before it that some of them drop.
constexpr std::array kFormulaBegins = {"="sv,  "+"sv,  "-"sv,  "@"sv,  "\t"sv, "\r"sv,
                                       "\n"sv, "＝"sv, "＋"sv, "－"sv, "＠"sv};

/// A cell may begin after these characters, because other locales have other separators.
constexpr std::string_view kSeparators = ",;|\t\r\n\"";

/// Several times the longest name of a folder, whose every character may take an apostrophe.
constexpr std::size_t kLongestCell = 4096;

/// Whether a formula begins at `at`, behind blanks and apostrophes: where one apostrophe more
/// guards, and one less is the text that was guarded.
bool may_be_formula(std::string_view text, std::size_t at) {
  if (at > 0 && kSeparators.find(text[at - 1]) == kSeparators.npos) return false;
  const std::size_t first = text.find_first_not_of(" '", at);
  if (first == text.npos) return false;
  const std::string_view rest = text.substr(first);
  return std::ranges::any_of(kFormulaBegins, [&](auto begin) { return rest.starts_with(begin); });
}

std::string guarded(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (may_be_formula(text, at)) result += '\'';
    result += text[at];
  }
  return result;
}

/// The inverse of guarded().
std::string unguarded(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\'' || !may_be_formula(text, at)) result += text[at];
  }
  return result;
}

/// A cell for a message: short, and without what a terminal obeys.
std::string shown(std::string_view cell) {
  constexpr std::size_t kLongest = 40;
  std::string text(cell.substr(0, kLongest));
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return cell.size() > kLongest ? text + "…" : text;
}

}  // namespace

std::string csv_cell(std::string_view text) {
  const std::string cell = guarded(text);
  if (cell.find_first_of(kSeparators) == cell.npos) return cell;
  std::string quoted = "\"";
  for (const char character : cell) {
    if (character == '"') quoted += '"';
    quoted += character;
  }
  return quoted + '"';
}

bool CsvReader::next() {
  if (at_ == text_.size()) return false;
  line_ = next_line_;
  if (++rows_ > limits_.rows)
    fail(fmt::format("more than the {} rows that are read", limits_.rows));
  cells_.clear();
  for (;;) {
    if (cells_.size() == limits_.columns) {
      fail(fmt::format("more than the {} cells a row that are read", limits_.columns));
    }
    cells_.push_back(unguarded(read_cell()));
    if (at_ == text_.size() || text_[at_] != ',') break;
    ++at_;
  }
  if (at_ < text_.size()) at_ += text_[at_] == '\r' ? 2 : 1;
  ++next_line_;
  if (rows_ == 1) columns_ = cells_.size();
  if (cells_.size() != columns_) {
    fail(fmt::format("{} cells instead of {}", cells_.size(), columns_));
  }
  return true;
}

/// A carriage return before the line break is what a spreadsheet writes.
bool CsvReader::at_line_end() const {
  return text_.substr(at_, 1) == "\n" || text_.substr(at_, 2) == "\r\n";
}

/// Up to the comma or line end behind it.
std::string CsvReader::read_cell() {
  if (text_.substr(at_, 1) == "\"") return read_quoted();
  std::string cell;
  for (; at_ < text_.size() && text_[at_] != ',' && !at_line_end(); ++at_) {
    if (text_[at_] == '"') fail("a quote within a cell that does not begin with one");
    if (cell.size() == kLongestCell) fail(fmt::format("a cell of over {} bytes", kLongestCell));
    cell += text_[at_];
  }
  return cell;
}

std::string CsvReader::read_quoted() {
  std::string cell;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '"' && text_.substr(at_ + 1, 1) != "\"") {
      ++at_;
      if (at_ == text_.size() || text_[at_] == ',' || at_line_end()) return cell;
      fail("text behind a quoted cell");
    }
    if (text_[at_] == '"') ++at_;
    if (text_[at_] == '\n') ++next_line_;
    if (cell.size() == kLongestCell) fail(fmt::format("a cell of over {} bytes", kLongestCell));
    cell += text_[at_];
  }
  fail("a quoted cell that does not end");
}

void CsvReader::fail(std::string_view problem) const {
  throw std::runtime_error(fmt::format("line {}: {}", line_, problem));
}

void CsvReader::fail_at(std::size_t column, std::string_view problem) const {
  fail(fmt::format("cell {}: '{}' is {}", column + 1, shown(cells_[column]), problem));
}

}  // namespace castnet
