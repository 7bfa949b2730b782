#include "cli/compare_runs.hpp"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>

#include "cli/files.hpp"
#include "cli/trainer.hpp"

namespace castnet::codegen {

namespace fs = std::filesystem;

namespace {

bool is_of(const nlohmann::json& run_json, const PlannedRun& run, const Contender& contender) {
  return run_json.at("spec").at("sha256") == contender.loaded.sha256 &&
         run_json.at("variant") == contender.loaded.spec.variant &&
         run_json.at("name") == contender.loaded.spec.name && run_json.at("seed") == run.seed;
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
      PlannedRun run{i, seed, out / label / fmt::format("seed-{}", seed),
                     fmt::format("{} seed {}", label, seed), options.grad_cam};
      look_at(run, contenders[i]);
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

void look_at(PlannedRun& run, const Contender& contender) {
  run.state = RunState::absent;
  const auto text = read_file(run.folder / "run.json");
  if (!text) return;
  run.state = RunState::half_done;
  try {
    const auto json = nlohmann::json::parse(*text);
    if (!is_of(json, run, contender)) {
      run.state = RunState::other;
    } else if (json.at("status") == "finished" && has_reports(run)) {
      run.figures = report::read_run(read_file(run.folder / "metrics.csv").value_or(""),
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
