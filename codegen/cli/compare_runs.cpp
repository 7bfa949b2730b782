#include "cli/compare_runs.hpp"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>

#include "castnet_shared/file.hpp"
#include "cli/compare_record.hpp"
#include "cli/run_identity.hpp"
#include "cli/trainer.hpp"

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

bool has_reports(const PlannedRun& run) {
  return fs::exists(run.predictions()) && fs::exists(run.folder / "misclassified") &&
         (!run.grad_cam || fs::exists(run.heat_maps()));
}

}  // namespace

Costs costs_of(const Contender& contender) {
  return costs(contender.loaded.spec, contender.loaded.plans);
}

std::optional<fs::path> build_trainer(const Contender& contender, const Common& common) {
  Common own = common;
  own.sets = contender.sets;
  return build_trainer(contender.loaded, own, target_named("cpu"), "");
}

std::vector<PlannedRun> plan_runs(const std::vector<Contender>& contenders,
                                  const CompareOptions& options, const fs::path& out) {
  std::vector<PlannedRun> runs;
  for (std::uint64_t n = 0; n < options.seeds; ++n) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const std::string& label = contenders[i].label;
      const std::uint64_t seed = contenders[i].loaded.spec.train.seed + n;
      PlannedRun run{i, seed, run_folder(out, label, seed), fmt::format("{} seed {}", label, seed),
                     options.grad_cam};
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

void look_at(PlannedRun& run, const Contender& contender, const nlohmann::json& identity) {
  run.state = RunState::absent;
  run.differs.clear();
  const auto text = read_if_there(run.folder / "run.json");
  if (!text) return;
  run.state = RunState::half_done;
  try {
    const auto json = nlohmann::json::parse(*text);
    run.differs = what_differs(json, wanted_of(run, contender, identity));
    if (!run.differs.empty()) {
      run.state = RunState::other;
    } else if (!identity.is_null() && json.at("status") == "finished" && has_reports(run)) {
      run.figures = report::read_run(read_if_there(run.folder / "metrics.csv").value_or(""),
                                     json.at("final").at("weights_sha256").get<std::string>());
      run.state = RunState::finished;
    }
  } catch (const std::exception&) {
    // Damaged: what the trainer saved for --resume knows what these files held, and whose it is.
  }
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
