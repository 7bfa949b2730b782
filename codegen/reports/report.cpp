#include "reports/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "experiments/variants.hpp"
#include "reports/find.hpp"
#include "reports/groups.hpp"
#include "reports/json.hpp"
#include "reports/page.hpp"
#include "runs/files.hpp"
#include "runs/terminal_text.hpp"

namespace castnet::codegen {
namespace {

/// The finished runs, and the reasons why unfinished runs of comparisons are left out.
struct Readable {
  std::vector<ReportedRun> runs;
  std::vector<std::string> left_out;
};

std::string remedy(const FoundRun& run, const Unfinished& status) {
  if (status.non_finite_loss) {
    return "--resume would end in the same way; change the spec, such as its learning rate, and "
           "train again";
  }
  return fmt::format("`castnet train SPEC --out {} --resume` finishes it", run.folder.string());
}

Readable read_runs(const std::vector<FoundRun>& found) {
  Readable all;
  std::uint64_t left = kMostInPage;
  for (const FoundRun& run : found) {
    auto read = read_run(run, left);
    if (auto* const finished = std::get_if<ReportedRun>(&read)) {
      all.runs.push_back(std::move(*finished));
      continue;
    }
    const auto& status = std::get<Unfinished>(read);
    const std::string why =
        fmt::format("{}: the run is not finished ({}{})", run.folder.string(), status.status,
                    status.non_finite_loss ? ": the loss was not finite" : "");
    if (!run.compared()) throw ReportError(fmt::format("{}; {}", why, remedy(run, status)));
    fmt::print(stderr, "castnet report: {}: left out\n", on_terminal(why));
    all.left_out.push_back(why);
  }
  if (all.runs.empty()) {
    throw ReportError(
        fmt::format("{}: no run of the comparison has finished; the same `castnet "
                    "compare` continues it",
                    found.front().comparison().string()));
  }
  return all;
}

/// The accuracy that counts as reached: the given one, or else the comparisons' own.
double target_of(const std::optional<double>& wanted, const std::vector<FoundRun>& found) {
  if (wanted) return *wanted;
  std::set<double> targets;
  for (const FoundRun& run : found) {
    if (run.target) targets.insert(*run.target);
  }
  if (targets.size() > 1) {
    fmt::print(stderr,
               "castnet report: the comparisons have the target accuracies {} %: the page has {} "
               "%; choose one with --target-accuracy\n",
               fmt::join(targets, ", "), kTargetAccuracy);
  }
  return targets.size() == 1 ? *targets.begin() : kTargetAccuracy;
}

}  // namespace

std::string make_report(const std::vector<std::string>& folders,
                        const std::optional<double>& target) {
  const std::vector<FoundRun> found = find_runs(folders);
  Readable readable = read_runs(found);
  const auto groups = group_runs(std::move(readable.runs));
  return report_page(report_json(groups, readable.left_out, target_of(target, found)));
}

}  // namespace castnet::codegen
