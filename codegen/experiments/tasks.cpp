#include "experiments/tasks.hpp"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>

#include "runs/faults.hpp"
#include "runs/files.hpp"
#include "runs/identity.hpp"

namespace castnet::codegen {

namespace fs = std::filesystem;

namespace {

/// The values that the task's run.json must have.
nlohmann::json wanted_of(const Task& task, const Variant& variant, const nlohmann::json& identity) {
  nlohmann::json wanted = identity.is_null() ? nlohmann::json::object() : identity;
  wanted["name"] = variant.loaded.spec.name;
  wanted["variant"] = variant.loaded.spec.variant;
  wanted["seed"] = task.seed;
  wanted["epochs"] = variant.loaded.spec.train.epochs;
  wanted["spec"] = {{"sha256", variant.loaded.sha256}};
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

std::vector<Task> plan_tasks(const std::vector<Variant>& variants, const CompareOptions& options,
                             const fs::path& out) {
  std::vector<Task> tasks;
  for (std::uint64_t n = 0; n < options.seeds; ++n) {
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const std::string& label = variants[i].label;
      const std::uint64_t seed = variants[i].loaded.spec.train.seed + n;
      Task task{i, seed, out / label / fmt::format("seed-{}", seed),
                fmt::format("{} seed {}", label, seed), options.grad_cam};
      tasks.push_back(std::move(task));
    }
  }
  return tasks;
}

CompareRecord record_of(const std::vector<Variant>& variants, const std::vector<Task>& tasks,
                        double target) {
  CompareRecord record{target, {}};
  for (const Variant& variant : variants) record.variants.push_back({variant.label, {}});
  for (const Task& task : tasks) record.variants[task.variant].seeds.push_back(task.seed);
  return record;
}

std::optional<Folder> find_run(const Folder& out, const Variant& variant, const Task& task) {
  return find_run(out, variant.label, task.seed);
}

void look_at(Task& task, const Folder& out, const Variant& variant,
             const nlohmann::json& identity) {
  task.state = RunState::absent;
  task.differs.clear();
  const auto folder = find_run(out, variant, task);
  if (!folder || !folder->holds(kRunJson.name)) return;
  task.state = RunState::half_done;
  RunFaults faults;
  try {
    const auto json = parse_json(read(*folder, kRunJson));
    task.differs = what_differs(json, wanted_of(task, variant, identity));
    if (!task.differs.empty()) {
      task.state = RunState::other;
    } else if (!identity.is_null() && json.at("status") == "finished" &&
               has_reports(*folder, task.grad_cam)) {
      task.figures = report::read_run(read(*folder, kMetrics),
                                      json.at("final").at("weights_sha256").get<std::string>());
      task.state = RunState::finished;
      faults = faults_of(*folder, json);
    } else if (other_build(json, identity)) {
      task.differs = "another build";
      task.state = RunState::other;
    }
  } catch (const std::exception&) {
    // The file is damaged. The state that the trainer saved for --resume contains what these files
    // held, and the identity of the run.
  }
  if (faults.none()) return;
  throw std::runtime_error(
      fmt::format("{}; restore it, or remove the folder, and the same command trains it again",
                  to_text(faults, task.folder.string())));
}

std::vector<Finished> finished_tasks(const std::vector<Task>& tasks,
                                     const std::vector<Variant>& variants) {
  std::vector<Finished> all(variants.size());
  for (const Task& task : tasks) {
    if (task.state != RunState::finished) continue;
    all[task.variant].figures.push_back(task.figures);
    all[task.variant].tasks.push_back(&task);
  }
  return all;
}

}  // namespace castnet::codegen
