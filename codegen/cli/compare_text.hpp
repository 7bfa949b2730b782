// A comparison as text.
#pragma once

#include <string>
#include <vector>

#include "cli/compare_runs.hpp"

namespace castnet::codegen {

/// One row of the table.
struct ComparedRow {
  std::string label;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  report::Results results;  ///< all without values where no run has finished
};

/// The table for people, for a terminal.
std::string to_text(const std::vector<ComparedRow>& rows, double target);
/// The table alone.
std::string to_markdown(const std::vector<ComparedRow>& rows, double target);
/// Full precision; a header line; empty cells where there is no value.
std::string to_csv(const std::vector<ComparedRow>& rows, double target);

}  // namespace castnet::codegen
