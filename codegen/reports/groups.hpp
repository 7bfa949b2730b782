// Groups the runs of a report that differ only in the seed.
#pragma once

#include <string>
#include <vector>

#include "experiments/table.hpp"
#include "reports/run.hpp"

namespace castnet::codegen {

struct ReportGroup {
  std::string label;  ///< unique among the groups
  std::vector<ReportedRun> runs;
};

/// Returns the groups in the order of their first runs.
std::vector<ReportGroup> group_runs(std::vector<ReportedRun> runs);

/// The names of the trained networks: "cifar10" or "cifar10, mnist".
std::string names_of(const std::vector<ReportGroup>& groups);

/// The largest number of runs in a group.
std::size_t most_runs(const std::vector<ReportGroup>& groups);

/// A row for each group, as in `castnet compare`.
Table table_of_groups(const std::vector<ReportGroup>& groups, double target);

/// A row for each run.
Table table_of_runs(const std::vector<ReportGroup>& groups, double target);

/// A line over the epochs for each group.
report::Chart chart_of(const std::vector<ReportGroup>& groups, report::Quantity quantity);

/// The name of a run among all runs: its group's label, and its seed if others have the label.
std::string run_label(const ReportGroup& group, const ReportedRun& run);

}  // namespace castnet::codegen
