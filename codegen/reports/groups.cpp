#include "reports/groups.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "analysis/costs.hpp"
#include "castnet_shared/words.hpp"
#include "programs/variants.hpp"

namespace castnet::codegen {
namespace {

/// The settings of a network and its training, without the seed.
Spec without_seed(Spec spec) {
  spec.train.seed = 0;
  spec.budget = {};
  for (LayerSpec& layer : spec.layers) layer.where = {};
  return spec;
}

/// The facts that all runs of a group share.
struct Alike {
  const ReportedRun* run;
  std::optional<Spec> spec;  ///< the spec without its seed

  explicit Alike(const ReportedRun& one) : run(&one) {
    if (one.spec) spec = without_seed(one.spec->spec);
  }
};

/// Whether two runs differ only in the seed, which may also be given in the spec.
bool only_seed_differs(const Alike& a, const Alike& b) {
  if (a.run->name != b.run->name || a.run->variant != b.run->variant) return false;
  if (a.run->conditions != b.run->conditions) return false;
  if (a.run->spec_sha256 == b.run->spec_sha256) return true;
  return a.spec && b.spec && *a.spec == *b.spec;
}

/// Adds the folder to the label if groups have the same label.
void tell_apart(std::vector<ReportGroup>& groups) {
  std::map<std::string, std::size_t> labels;
  for (const ReportGroup& group : groups) ++labels[group.label];
  for (ReportGroup& group : groups) {
    if (labels[group.label] == 1) continue;
    group.label += fmt::format(" ({})", group.runs.front().folder.string());
  }
}

std::optional<std::int64_t> macs_of(const ReportedRun& run) {
  if (!run.spec) return {};
  return costs(run.spec->spec, run.spec->plans).macs.value;
}

ComparedRow row_of(std::string label, const ReportedRun& first,
                   const std::vector<report::Run>& figures, double target) {
  return {std::move(label), first.parameters, macs_of(first), report::results(figures, target)};
}

std::vector<report::Run> figures_of(const ReportGroup& group) {
  std::vector<report::Run> figures;
  for (const ReportedRun& run : group.runs) figures.push_back(run.epochs);
  return figures;
}

}  // namespace

std::vector<ReportGroup> group_runs(std::vector<ReportedRun> runs) {
  std::vector<Alike> firsts;  // of each group
  std::vector<std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Alike one(runs[i]);
    const auto same = std::ranges::find_if(
        firsts, [&](const Alike& first) { return only_seed_differs(first, one); });
    const auto group = static_cast<std::size_t>(same - firsts.begin());
    if (same == firsts.end()) {
      firsts.push_back(std::move(one));
      members.emplace_back();
    }
    members[group].push_back(i);
  }
  std::vector<ReportGroup> groups;
  for (const std::vector<std::size_t>& own : members) {
    ReportGroup& group = groups.emplace_back(ReportGroup{runs[own.front()].label, {}});
    for (const std::size_t i : own) group.runs.push_back(std::move(runs[i]));
  }
  tell_apart(groups);
  return groups;
}

std::string names_of(const std::vector<ReportGroup>& groups) {
  std::vector<std::string> names;
  for (const ReportGroup& group : groups) {
    const std::string name = base_name(group.runs.front().name, group.runs.front().variant);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::size_t most_runs(const std::vector<ReportGroup>& groups) {
  std::size_t most = 0;
  for (const ReportGroup& group : groups) most = std::max(most, group.runs.size());
  return most;
}

Table table_of_groups(const std::vector<ReportGroup>& groups, double target) {
  std::vector<ComparedRow> rows;
  for (const ReportGroup& group : groups) {
    rows.push_back(row_of(group.label, group.runs.front(), figures_of(group), target));
  }
  return table_of(rows, target);
}

Table table_of_runs(const std::vector<ReportGroup>& groups, double target) {
  std::vector<ComparedRow> rows;
  for (const ReportGroup& group : groups) {
    for (const ReportedRun& run : group.runs) {
      rows.push_back(row_of(run_label(group, run), run, {run.epochs}, target));
    }
  }
  Table table = table_of(rows, target);
  table.headings.front() = "run";
  // Each run has one seed.
  const auto seeds = std::ranges::find(table.headings, "seeds") - table.headings.begin();
  table.headings.erase(table.headings.begin() + seeds);
  for (auto& row : table.rows) row.erase(row.begin() + seeds);
  return table;
}

report::Chart chart_of(const std::vector<ReportGroup>& groups, report::Quantity quantity) {
  std::vector<report::Series> series;
  for (const ReportGroup& group : groups) {
    series.push_back(
        {group.label, figures_of(group), std::string(evaluated_word(group.runs.front().held_out))});
  }
  return report::chart_of(quantity, series);
}

std::string run_label(const ReportGroup& group, const ReportedRun& run) {
  const auto same = std::ranges::count(group.runs, run.seed, &ReportedRun::seed);
  std::string label = group.label;
  if (group.runs.size() > 1) label += fmt::format(", seed {}", run.seed);
  if (same > 1) label += fmt::format(" ({})", run.folder.string());
  return label;
}

}  // namespace castnet::codegen
