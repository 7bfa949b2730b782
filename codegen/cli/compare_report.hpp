// The files of a comparison.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/compare_runs.hpp"
#include "cli/compare_text.hpp"

namespace castnet::codegen {

/// A comparison whose runs are done.
struct CompareOutcome {
  std::filesystem::path out;
  double target = 0;  ///< accuracy in percent
  std::vector<Contender> contenders;
  std::vector<Finished> finished;  ///< of each contender
};

/// One row a contender.
std::vector<ComparedRow> rows_of(const CompareOutcome& outcome);

/// compare.csv, compare.md, loss.png and accuracy.png, each written whole.
void write_report(const CompareOutcome& outcome);

}  // namespace castnet::codegen
