// A comparison as text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/tasks.hpp"

namespace castnet::codegen {

/// What the images that the variant's network is evaluated on are called: "test" or "held-out".
std::string evaluated_images(const Variant& variant);

/// One row of the table.
struct ComparedRow {
  std::string label;
  std::int64_t parameters = 0;
  std::optional<std::int64_t> macs;  ///< nothing where the spec is not known
  report::Results results;           ///< all without values where no run has finished
};

/// What stands in a cell, and the number in it, which the cells of a column are sorted by.
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

/// Of a chart over all, with so many runs of a variant at most.
std::string chart_title(const std::string& names, report::Quantity quantity, std::size_t seeds);

/// The table for a terminal.
std::string to_text(const std::vector<ComparedRow>& rows, double target);
/// The table alone.
std::string to_markdown(const std::vector<ComparedRow>& rows, double target);
/// Full precision; a header line; empty cells where there is no value.
std::string to_csv(const std::vector<ComparedRow>& rows, double target);

}  // namespace castnet::codegen
