#include "cli/compare_runs.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/files.hpp"
#include "cli/trainer.hpp"

namespace castnet::codegen {

namespace fs = std::filesystem;

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
  for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const std::string& label = contenders[i].label;
      PlannedRun run{i, seed, out / label / fmt::format("seed-{}", seed),
                     fmt::format("{} seed {}", label, seed), options.grad_cam};
      run.state = state_of(run, contenders[i]);
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

RunState state_of(const PlannedRun& run, const Contender& contender) {
  const auto text = read_file(run.folder / "run.json");
  if (!text) return RunState::absent;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  try {
    const bool same = json.at("spec").at("sha256") == contender.loaded.sha256 &&
                      json.at("variant") == contender.loaded.spec.variant &&
                      json.at("name") == contender.loaded.spec.name && json.at("seed") == run.seed;
    if (!same) return RunState::other;
    const bool finished = json.at("status") == "finished" && fs::exists(run.predictions()) &&
                          fs::exists(run.folder / "misclassified") &&
                          (!run.grad_cam || fs::exists(run.heat_maps()));
    return finished ? RunState::finished : RunState::half_done;
  } catch (const nlohmann::json::exception&) {
    return RunState::other;
  }
}

std::vector<Finished> finished_runs(const std::vector<PlannedRun>& runs,
                                    const std::vector<Contender>& contenders) {
  std::vector<Finished> all(contenders.size());
  for (const PlannedRun& run : runs) {
    if (run.state != RunState::finished) continue;
    const fs::path file = run.folder / "metrics.csv";
    try {
      all[run.contender].figures.push_back(report::read_run(read_file(file).value_or("")));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(
          fmt::format("{}: {}; remove the folder to train again", file.string(), error.what()));
    }
    all[run.contender].runs.push_back(&run);
  }
  return all;
}

}  // namespace castnet::codegen
