#include "reports/find.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "experiments/record.hpp"
#include "runs/files.hpp"
#include "runs/terminal_text.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

bool is_run(const Folder& folder) { return folder.holds(kRunJson.name); }

/// The number N of a folder seed-N.
std::optional<std::uint64_t> seed_of(const std::string& name) {
  constexpr std::string_view kBegin = "seed-";
  if (!name.starts_with(kBegin)) return {};
  std::uint64_t seed = 0;
  std::from_chars(name.data() + kBegin.size(), name.data() + name.size(), seed);
  if (name != fmt::format("{}{}", kBegin, seed)) return {};
  return seed;
}

/// A folder in this one. A symbolic link is left out, with a message.
std::optional<Folder> open_unlinked(const Folder& folder, const std::string& name) {
  const EntryKind kind = folder.kind_of(name);
  if (kind == EntryKind::folder) return folder.find_folder(name);
  if (kind == EntryKind::link) {
    fmt::print(stderr, "castnet report: {} is left out: it is a symbolic link\n",
               on_terminal((folder / name).string()));
  }
  return std::nullopt;
}

FoundRun found_run(const Folder& comparison, const std::string& label, std::uint64_t seed,
                   const std::optional<double>& target) {
  return {comparison / label / fmt::format("seed-{}", seed), label, seed, target};
}

[[noreturn]] void tell_too_many() {
  throw ReportError(fmt::format(
      "more than {} runs, the most that a page can show; give fewer run directories", kMostRuns));
}

/// All runs LABEL/seed-N below the folder. Those of the table come first, in its order.
std::vector<FoundRun> all_runs(const Folder& comparison) {
  std::map<std::string, std::size_t> places;
  for (const std::string& label : labels_in_table(comparison)) {
    places.emplace(label, places.size());
  }
  using Place = std::tuple<std::size_t, std::string, std::uint64_t>;
  std::vector<std::pair<Place, FoundRun>> found;
  for (const std::string& label : comparison.names()) {
    const auto variant = open_unlinked(comparison, label);
    if (!variant) continue;
    const auto known = places.find(label);
    const std::size_t place = known != places.end() ? known->second : places.size();
    for (const std::string& name : variant->names()) {
      const auto seed = seed_of(name);
      if (!seed) continue;
      const auto run = open_unlinked(*variant, name);
      if (!run || !is_run(*run)) continue;
      if (found.size() == kMostRuns) tell_too_many();
      found.push_back({{place, label, *seed}, found_run(comparison, label, *seed, {})});
    }
  }
  std::ranges::sort(found, {}, &std::pair<Place, FoundRun>::first);
  std::vector<FoundRun> runs;
  for (auto& [place, run] : found) runs.push_back(std::move(run));
  return runs;
}

/// The runs of the last comparison in the folder, or all runs if it is not recorded.
std::vector<FoundRun> compared_runs(const Folder& comparison) {
  const auto record = [&] {
    try {
      return read_record(comparison);
    } catch (const std::runtime_error& error) {
      throw ReportError(error.what());
    }
  }();
  std::vector<FoundRun> all = all_runs(comparison);
  if (!record) return all;
  std::vector<FoundRun> runs;
  std::set<fs::path> recorded;
  for (const ComparedVariant& variant : record->variants) {
    for (const std::uint64_t seed : variant.seeds) {
      if (runs.size() == kMostRuns) tell_too_many();
      runs.push_back(found_run(comparison, variant.label, seed, record->target));
      recorded.insert(runs.back().folder);
    }
  }
  for (const FoundRun& run : all) {
    if (recorded.contains(run.folder)) continue;
    fmt::print(stderr, "castnet report: {} is left out: it belongs to an earlier comparison\n",
               on_terminal(run.folder.string()));
  }
  return runs;
}

}  // namespace

std::vector<FoundRun> find_runs(const std::vector<std::string>& folders) {
  std::vector<FoundRun> all;
  for (const std::string& folder : folders) {
    std::error_code none;
    if (!fs::is_directory(folder, none)) {
      throw ReportError(
          fmt::format("{}: there is no such folder; give run directories, or the "
                      "folder of a comparison",
                      folder));
    }
    const Folder opened = Folder::open(folder);
    std::vector<FoundRun> runs{{folder, "", {}, {}}};
    if (!is_run(opened)) runs = compared_runs(opened);
    if (runs.empty()) {
      throw ReportError(
          fmt::format("{0}: neither a run directory (there is no {0}/run.json) nor the folder of a "
                      "comparison (no VARIANT/seed-N/run.json below it); give what `castnet train` "
                      "or `castnet compare` wrote with --out",
                      folder));
    }
    if (all.size() + runs.size() > kMostRuns) tell_too_many();
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
