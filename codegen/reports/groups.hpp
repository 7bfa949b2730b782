// The runs of a report, those together that differ in the seed alone.
#pragma once

#include <string>
#include <vector>

#include "experiments/table.hpp"
#include "reports/run.hpp"

namespace castnet::codegen {

struct ReportGroup {
  std::string label;  ///< no other group's
  std::vector<ReportedRun> runs;
};

/// In the order of each one's first run.
std::vector<ReportGroup> group_runs(std::vector<ReportedRun> runs);

/// What was trained: "cifar10" or "cifar10, mnist".
std::string names_of(const std::vector<ReportGroup>& groups);

/// The most runs of a group.
std::size_t most_runs(const std::vector<ReportGroup>& groups);

/// A row a group, as `castnet compare` has it.
Table table_of_groups(const std::vector<ReportGroup>& groups, double target);

/// A row a run.
Table table_of_runs(const std::vector<ReportGroup>& groups, double target);

/// A line a group over the epochs.
report::Chart chart_of(const std::vector<ReportGroup>& groups, report::Quantity quantity);

/// How a run is called among all: its group's label, and its seed where others have the label.
std::string run_label(const ReportGroup& group, const ReportedRun& run);

}  // namespace castnet::codegen
