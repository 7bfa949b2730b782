#include "cli/report_find.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <tuple>

#include "cli/compare_record.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

bool is_run(const fs::path& folder) { return fs::exists(folder / "run.json"); }

/// N of a folder seed-N.
std::optional<std::uint64_t> seed_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  constexpr std::string_view kBegin = "seed-";
  if (!name.starts_with(kBegin)) return {};
  std::uint64_t seed = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + kBegin.size(), end, seed);
  if (read.ec != std::errc{} || read.ptr != end) return {};
  return seed;
}

/// All of LABEL/seed-N below the folder, those of the table first, in its order.
std::vector<FoundRun> all_runs(const fs::path& comparison) {
  const std::vector<std::string> labels = labels_in_table(comparison);
  using Place = std::tuple<std::ptrdiff_t, std::string, std::uint64_t>;
  std::vector<std::pair<Place, FoundRun>> found;
  for (const fs::directory_entry& variant : fs::directory_iterator(comparison)) {
    if (!variant.is_directory()) continue;
    const std::string label = variant.path().filename().string();
    for (const fs::directory_entry& run : fs::directory_iterator(variant)) {
      const auto seed = seed_of(run.path());
      if (!seed || !is_run(run.path())) continue;
      const auto place = std::ranges::find(labels, label) - labels.begin();
      found.push_back({{place, label, *seed}, {run.path(), label, true, {}}});
    }
  }
  std::ranges::sort(found, {}, &std::pair<Place, FoundRun>::first);
  std::vector<FoundRun> runs;
  for (auto& [place, run] : found) runs.push_back(std::move(run));
  return runs;
}

/// The runs of the last comparison in the folder; all where it is not recorded.
std::vector<FoundRun> compared_runs(const fs::path& comparison) {
  std::vector<FoundRun> all = all_runs(comparison);
  const auto record = [&] {
    try {
      return read_record(comparison);
    } catch (const std::runtime_error& error) {
      throw ReportError(error.what());
    }
  }();
  if (!record) return all;
  std::vector<FoundRun> runs;
  for (const ComparedVariant& variant : record->variants) {
    for (const std::uint64_t seed : variant.seeds) {
      runs.push_back(
          {run_folder(comparison, variant.label, seed), variant.label, true, record->target});
    }
  }
  for (const FoundRun& run : all) {
    if (std::ranges::find(runs, run.folder, &FoundRun::folder) != runs.end()) continue;
    fmt::print(stderr, "castnet report: {}: of an earlier comparison: left out\n",
               run.folder.string());
  }
  return runs;
}

}  // namespace

std::vector<FoundRun> find_runs(const std::vector<std::string>& folders) {
  std::vector<FoundRun> all;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(folder)) {
      throw ReportError(
          fmt::format("{}: there is no such folder; give run directories, or the "
                      "folder of a comparison",
                      folder));
    }
    std::vector<FoundRun> runs{{folder, "", false, {}}};
    if (!is_run(folder)) runs = compared_runs(folder);
    if (runs.empty()) {
      throw ReportError(
          fmt::format("{0}: neither a run directory (there is no {0}/run.json) nor the folder of a "
                      "comparison (no VARIANT/seed-N/run.json below it); give what `castnet train` "
                      "or `castnet compare` wrote with --out",
                      folder));
    }
    std::ranges::move(runs, std::back_inserter(all));
  }
  std::set<fs::path> known;
  for (const FoundRun& run : all) {
    if (known.insert(fs::weakly_canonical(run.folder)).second) continue;
    throw ReportError(fmt::format("{}: this run is given twice", run.folder.string()));
  }
  return all;
}

}  // namespace castnet::codegen
