// The tasks of a comparison: which there are, what was done of them before, and what came of them.
#pragma once

#include <castnet_report/comparison.hpp>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "castnet_shared/folder.hpp"
#include "experiments/record.hpp"
#include "experiments/variants.hpp"

namespace castnet::codegen {

/// What the run directory of a task holds.
enum class RunState { absent, other, half_done, finished };

inline constexpr const char* kLog = "train.log";

/// The training of one variant with one seed.
struct Task {
  std::size_t variant = 0;
  std::uint64_t seed = 1;
  std::filesystem::path folder;  ///< OUT/LABEL/seed-N
  std::string label;             ///< of its progress
  bool grad_cam = false;         ///< with heat maps
  RunState state = RunState::absent;
  std::string differs = {};  ///< what the run there has other than this task
  report::Run figures = {};  ///< where it is finished

  std::filesystem::path log() const { return folder / kLog; }
};

/// Each variant with so many seeds, from its spec's on, seed by seed, below the folder `out`; not
/// looked at.
std::vector<Task> plan_tasks(const std::vector<Variant>& variants, const CompareOptions& options,
                             const std::filesystem::path& out);

/// What compare.json is to tell of the comparison.
CompareRecord record_of(const std::vector<Variant>& variants, const std::vector<Task>& tasks,
                        double target);

/// The task's run directory in the comparison's folder, if it is there. Throws FileError where a
/// symbolic link or a file stands in its place.
std::optional<Folder> find_run(const Folder& out, const Variant& variant, const Task& task);

/// Brings state and figures up to date, by run.json: a finished run is of the same spec, variant,
/// seed and epochs, and of `identity` (see ask_identities()); where that is null, none counts as
/// finished. A run that lacks one of the files of its reports, which earlier castnets did not all
/// write, is half done, as is one without the heat maps that are wanted, or with a run.json or
/// metrics.csv that is damaged: --resume makes these again, if what it finds is of the same
/// training. Throws FileError as find_run() does.
void look_at(Task& task, const Folder& out, const Variant& variant, const nlohmann::json& identity);

/// A variant's finished tasks.
struct Finished {
  std::vector<const Task*> tasks;    ///< by seed
  std::vector<report::Run> figures;  ///< of each
};

/// Of each variant.
std::vector<Finished> finished_tasks(const std::vector<Task>& tasks,
                                     const std::vector<Variant>& variants);

}  // namespace castnet::codegen
