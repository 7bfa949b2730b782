// The tasks of a comparison, their earlier state, and their results.
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

/// The content of a task's run directory.
enum class RunState { absent, other, half_done, finished };

inline constexpr const char* kLog = "train.log";

/// The training of one variant with one seed.
struct Task {
  std::size_t variant = 0;
  std::uint64_t seed = 1;
  std::filesystem::path folder;  ///< OUT/LABEL/seed-N
  std::string label;             ///< label of its progress lines
  bool grad_cam = false;         ///< with heat maps
  RunState state = RunState::absent;
  std::string differs = {};  ///< the differences between the run there and this task
  report::Run figures = {};  ///< the results, if it is finished

  std::filesystem::path log() const { return folder / kLog; }
};

/// All variants with each seed, counted from the spec's seed, seed by seed, below the folder `out`.
/// The folders are not looked at.
std::vector<Task> plan_tasks(const std::vector<Variant>& variants, const CompareOptions& options,
                             const std::filesystem::path& out);

/// The content of compare.json for this comparison.
CompareRecord record_of(const std::vector<Variant>& variants, const std::vector<Task>& tasks,
                        double target);

/// The task's run directory in the comparison's folder, if it exists. Throws FileError if a
/// symbolic link or a file stands in its place.
std::optional<Folder> find_run(const Folder& out, const Variant& variant, const Task& task);

/// Updates state and figures from run.json. A finished run counts if it has the same spec, variant,
/// seed and epochs, and the given `identity` (see ask_identities()); with a null identity, no run
/// counts as finished. A run counts as half done if it lacks one of its reports (earlier castnets
/// did not write all of them) or the wanted heat maps, or if its run.json or metrics.csv is
/// damaged. --resume makes these again if the folder holds the same training. Throws FileError as
/// find_run() does.
void look_at(Task& task, const Folder& out, const Variant& variant, const nlohmann::json& identity);

/// A variant's finished tasks.
struct Finished {
  std::vector<const Task*> tasks;    ///< sorted by seed
  std::vector<report::Run> figures;  ///< of each
};

/// The finished tasks of each variant.
std::vector<Finished> finished_tasks(const std::vector<Task>& tasks,
                                     const std::vector<Variant>& variants);

}  // namespace castnet::codegen
