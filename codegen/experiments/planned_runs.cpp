#include "experiments/planned_runs.hpp"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>

#include "runs/faults.hpp"
#include "runs/files.hpp"
#include "runs/identity.hpp"

namespace castnet::codegen {

namespace fs = std::filesystem;

namespace {

/// What run.json is to tell of the planned run.
nlohmann::json wanted_of(const PlannedRun& run, const Contender& contender,
                         const nlohmann::json& identity) {
  nlohmann::json wanted = identity.is_null() ? nlohmann::json::object() : identity;
  wanted["name"] = contender.loaded.spec.name;
  wanted["variant"] = contender.loaded.spec.variant;
  wanted["seed"] = run.seed;
  wanted["epochs"] = contender.loaded.spec.train.epochs;
  wanted["spec"] = {{"sha256", contender.loaded.sha256}};
  return wanted;
}

bool has_reports(const Folder& folder, bool grad_cam) {
  const auto has = [&](const RunFile& file) {
    return folder.kind_of(file.name) == EntryKind::file;
  };
  return has(kConfusion) && has(kMisclassified) && has(kPredictions) &&
         folder.kind_of(kImages) == EntryKind::folder && (!grad_cam || has(kHeatMaps));
}

/// Whether a trainer of the wanted identity would refuse to continue the run.
bool other_build(const nlohmann::json& run_json, const nlohmann::json& identity) {
  if (!run_json.contains("builds") || !identity.contains("build")) return false;
  const nlohmann::json& builds = run_json["builds"];
  return !builds.empty() && builds.back().at("build") != identity["build"];
}

}  // namespace

std::vector<PlannedRun> plan_runs(const std::vector<Contender>& contenders,
                                  const CompareOptions& options, const fs::path& out) {
  std::vector<PlannedRun> runs;
  for (std::uint64_t n = 0; n < options.seeds; ++n) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const std::string& label = contenders[i].label;
      const std::uint64_t seed = contenders[i].loaded.spec.train.seed + n;
      PlannedRun run{i, seed, out / label / fmt::format("seed-{}", seed),
                     fmt::format("{} seed {}", label, seed), options.grad_cam};
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

CompareRecord record_of(const std::vector<Contender>& contenders,
                        const std::vector<PlannedRun>& runs, double target) {
  CompareRecord record{target, {}};
  for (const Contender& contender : contenders) record.variants.push_back({contender.label, {}});
  for (const PlannedRun& run : runs) record.variants[run.contender].seeds.push_back(run.seed);
  return record;
}

std::optional<Folder> find_run(const Folder& out, const Contender& contender,
                               const PlannedRun& run) {
  return find_run(out, contender.label, run.seed);
}

void look_at(PlannedRun& run, const Folder& out, const Contender& contender,
             const nlohmann::json& identity) {
  run.state = RunState::absent;
  run.differs.clear();
  const auto folder = find_run(out, contender, run);
  if (!folder || !folder->holds(kRunJson.name)) return;
  run.state = RunState::half_done;
  RunFaults faults;
  try {
    const auto json = parse_json(read(*folder, kRunJson));
    run.differs = what_differs(json, wanted_of(run, contender, identity));
    if (!run.differs.empty()) {
      run.state = RunState::other;
    } else if (!identity.is_null() && json.at("status") == "finished" &&
               has_reports(*folder, run.grad_cam)) {
      run.figures = report::read_run(read(*folder, kMetrics),
                                     json.at("final").at("weights_sha256").get<std::string>());
      run.state = RunState::finished;
      faults = faults_of(*folder, json);
    } else if (other_build(json, identity)) {
      run.differs = "another build";
      run.state = RunState::other;
    }
  } catch (const std::exception&) {
    // Damaged: what the trainer saved for --resume knows what these files held, and whose it is.
  }
  if (faults.none()) return;
  throw std::runtime_error(
      fmt::format("{}; restore it, or remove the folder, and the same command trains it again",
                  to_text(faults, run.folder.string())));
}

std::vector<Finished> finished_runs(const std::vector<PlannedRun>& runs,
                                    const std::vector<Contender>& contenders) {
  std::vector<Finished> all(contenders.size());
  for (const PlannedRun& run : runs) {
    if (run.state != RunState::finished) continue;
    all[run.contender].figures.push_back(run.figures);
    all[run.contender].runs.push_back(&run);
  }
  return all;
}

}  // namespace castnet::codegen
