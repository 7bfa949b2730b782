// A comparison as text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/tasks.hpp"

namespace castnet::codegen {

/// The name of the images that the variant's network is evaluated on: "test" or "held-out".
std::string evaluated_images(const Variant& variant);

/// One row of the table.
struct ComparedRow {
  std::string label;
  std::int64_t parameters = 0;
  std::optional<std::int64_t> macs;  ///< nothing if the spec is unknown
  report::Results results;           ///< without values if no run has finished
};

/// The text of a cell, and its number, by which the cells of a column are sorted.
struct TableCell {
  std::string text;
  std::optional<double> value = {};
};

struct Table {
  std::vector<std::string> headings;
  std::vector<std::vector<TableCell>> rows;
};

/// The table for people.
Table table_of(const std::vector<ComparedRow>& rows, double target);

/// The heading of a chart over all variants, with at most this number of runs per variant.
std::string chart_title(const std::string& names, report::Quantity quantity, std::size_t seeds);

/// The table for a terminal.
std::string to_text(const std::vector<ComparedRow>& rows, double target);
/// The table as Markdown, without other text.
std::string to_markdown(const std::vector<ComparedRow>& rows, double target);
/// The table as CSV: a header line, numbers in full precision, and empty cells for missing values.
std::string to_csv(const std::vector<ComparedRow>& rows, double target);

}  // namespace castnet::codegen
