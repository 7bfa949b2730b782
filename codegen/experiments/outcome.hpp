// The files of a comparison.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "castnet_shared/folder.hpp"
#include "experiments/table.hpp"
#include "experiments/tasks.hpp"

namespace castnet::codegen {

/// A comparison whose runs are done.
struct CompareOutcome {
  const Folder& out;
  double target = 0;  ///< accuracy in percent
  std::vector<Variant> variants;
  std::vector<Finished> finished;  ///< of each variant
  /// How many test images each alone gets wrong; nothing where that is not known.
  std::vector<std::optional<std::size_t>> only_wrong = {};
};

/// One row a variant.
std::vector<ComparedRow> rows_of(const CompareOutcome& outcome);

/// After show_only_wrong(): compare.csv, compare.md, loss.png and accuracy.png, each written whole.
/// Of the `earlier` files those are removed that are none of this comparison's.
void write_report(const CompareOutcome& outcome, const std::vector<std::string>& earlier);

}  // namespace castnet::codegen
