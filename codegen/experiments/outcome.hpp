// The files of a comparison.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "castnet_shared/folder.hpp"
#include "experiments/table.hpp"
#include "experiments/tasks.hpp"

namespace castnet::codegen {

/// A comparison whose trainings have ended.
struct CompareOutcome {
  const Folder& out;
  double target = 0;  ///< accuracy in percent
  std::vector<Variant> variants;
  std::vector<Finished> finished;  ///< the finished tasks of each variant
  /// For each variant, the number of test images that only it misclassifies; nothing if that is
  /// unknown.
  std::vector<std::optional<std::size_t>> only_wrong = {};
};

/// One row for each variant.
std::vector<ComparedRow> rows_of(const CompareOutcome& outcome);

/// Writes compare.csv, compare.md, loss.png and accuracy.png, each whole. It is called after
/// show_only_wrong(). Removes those `earlier` files that do not belong to this comparison.
void write_report(const CompareOutcome& outcome, const std::vector<std::string>& earlier);

}  // namespace castnet::codegen
