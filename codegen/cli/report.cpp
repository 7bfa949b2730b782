// castnet report: one HTML file that shows finished runs.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/report_find.hpp"
#include "cli/report_groups.hpp"
#include "cli/report_json.hpp"
#include "cli/report_page.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

/// The finished runs, and of those in a comparison that are not why they are left out.
struct Readable {
  std::vector<ReportedRun> runs;
  std::vector<std::string> left_out;
};

Readable read_runs(const std::vector<FoundRun>& found) {
  Readable all;
  for (const FoundRun& run : found) {
    const auto status = unfinished(run);
    if (!status) {
      all.runs.push_back(read_run(run));
      continue;
    }
    const std::string why =
        fmt::format("{}: the run is not finished ({})", run.folder.string(), *status);
    if (!run.compared) {
      throw ReportError(fmt::format("{0}; `castnet train SPEC --out {1} --resume` finishes it", why,
                                    run.folder.string()));
    }
    fmt::print(stderr, "castnet report: {}: left out\n", why);
    all.left_out.push_back(why);
  }
  if (all.runs.empty()) {
    throw ReportError(
        fmt::format("{}: no run of the comparison has finished; the same `castnet "
                    "compare` continues it",
                    found.front().folder.parent_path().parent_path().string()));
  }
  return all;
}

}  // namespace

int make_report(const ReportOptions& options) {
  std::string page;
  try {
    Readable readable = read_runs(find_runs(options.runs));
    const auto groups = group_runs(std::move(readable.runs));
    page = report_page(report_json(groups, readable.left_out, options.target));
  } catch (const ReportError& error) {
    fmt::print(stderr, "castnet report: error: {}\n", error.what());
    return kBadInput;
  }
  if (fs::is_directory(options.output)) {
    fmt::print(stderr, "castnet report: error: {} is a folder; give -o the name of a file\n",
               options.output);
    return kBadInput;
  }
  write_file(options.output, page);
  fmt::print("{}\n", options.output);
  return kFine;
}

}  // namespace castnet::codegen
