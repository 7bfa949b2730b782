#include "runs/faults.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <castnet_report/trail.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "castnet_shared/check_sums.hpp"
#include "runs/files.hpp"

namespace castnet::codegen {
namespace {

using nlohmann::json;

report::TrailFacts trail_facts(const json& run) {
  report::TrailFacts facts{.name = run.at("name").get<std::string>(),
                           .variant = run.at("variant").get<std::string>(),
                           .spec_sha256 = run.at("spec").at("sha256").get<std::string>(),
                           .data_sha256 = run.at("data").at("sha256").get<std::string>(),
                           .target = run.at("target").get<std::string>(),
                           .number_type = run.at("number_type").get<std::string>(),
                           .seed = whole_number<std::uint64_t>(run.at("seed")),
                           .epochs = whole_number<int>(run.at("epochs")),
                           .builds = {}};
  for (const json& span : run.at("builds")) {
    facts.builds.push_back({whole_number<int>(span.at("from_epoch")), span.at("build").dump()});
  }
  return facts;
}

bool trail_leads(const Folder& run, const json& run_json) {
  try {
    const auto links = report::trail(trail_facts(run_json), read(run, kMetrics));
    return !links.empty() && links.back() == run_json.at("trail").get<std::string>();
  } catch (const json::exception&) {
    return false;
  } catch (const FileError&) {
    return false;
  } catch (const std::runtime_error&) {
    return false;  // no metrics.csv
  }
}

}  // namespace

RunFaults faults_of(const Folder& run, const json& run_json) {
  if (!run_json.contains("check_sums")) return {};
  return {
      .checked = true, .changed = changed_files(run), .trail_leads = trail_leads(run, run_json)};
}

std::string to_text(const RunFaults& faults, const std::string& run) {
  constexpr std::size_t kShown = 5;
  if (faults.changed.empty()) {
    return faults.trail_leads ? ""
                              : fmt::format(
                                    "{}: the trail of run.json does not match its metrics.csv: one "
                                    "of the two belongs to another run",
                                    run);
  }
  const std::size_t shown = std::min(faults.changed.size(), kShown);
  std::string text =
      fmt::format("{}: {}", run,
                  fmt::join(faults.changed.begin(),
                            faults.changed.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < faults.changed.size()) {
    text += fmt::format(" and {} more", faults.changed.size() - shown);
  }
  return text + (faults.changed.size() == 1 ? " was" : " were") +
         " changed or removed since the run ended";
}

}  // namespace castnet::codegen
