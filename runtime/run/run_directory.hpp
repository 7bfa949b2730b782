// A run directory: its files, and how each is written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "castnet_shared/check_sums.hpp"
#include "castnet_shared/folder.hpp"
#include "core/evaluation.hpp"
#include "core/program.hpp"
#include "data/data_set.hpp"
#include "report/api/castnet_report/predictions.hpp"
#include "report/heat_map.hpp"
#include "run/checkpoint.hpp"
#include "run/run_json.hpp"

namespace castnet {

/// A run's folder during the run. Each file is written whole, no other run may use the folder, and
/// no link in it is followed. All members throw FileError.
/// Whenever and however the process ends, the folder holds either the earlier run or this one. It
/// holds this one as soon as run.json belongs to this run; begin() writes it before it removes
/// anything. Until run.json mentions a saved state, the other files may belong to the earlier run.
/// From then on last.safetensors belongs to this run.
class RunDirectory {
 public:
  static constexpr const char* kBest = "best.safetensors";
  static constexpr const char* kLast = "last.safetensors";

  /// Creates the folder with its parents, and removes temporary files of a killed run. Throws
  /// std::runtime_error if another run uses the folder.
  explicit RunDirectory(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path best() const { return folder_ / kBest; }
  std::filesystem::path last() const { return folder_ / kLast; }

  /// The contents of run.json; nothing if it is missing or damaged.
  std::optional<RunRecord> record() const;
  /// Whether there is a state, weights or metrics.
  bool holds_run() const;
  bool holds_state() const { return folder_.holds(kLast); }
  SafeTensors read_state() const;
  /// Also throws CheckpointError if there is none.
  SafeTensors read_best() const;
  /// The files of a finished run that were changed or removed since.
  std::vector<std::string> changed() const;

  /// Begins a new run: writes run.json, then removes an earlier run's other files, and nothing
  /// else.
  void begin(const RunFacts& facts, const RunIdentity& identity, const TrainingState& state);
  /// Continues the run in this folder, whose state is of this step.
  void resume(const RunFacts& facts, const RunIdentity& identity, const TrainingState& state);

  /// Writes last.safetensors, whose contents are a state_file of `state`, and for the first state
  /// also run.json.
  void write_state(std::string_view contents, const RunFacts& facts, const RunIdentity& identity,
                   const TrainingState& state);
  /// The step of the state in last.safetensors; nothing before the first.
  std::optional<std::uint64_t> saved() const { return saved_; }
  /// Writes best.safetensors, whose contents are a weights_file.
  void write_best(std::string_view contents);
  /// Writes metrics.csv and curves.png.
  void write_metrics(const std::string& title, const Split& split, const TrainingState& state);
  /// Writes predictions.csv, confusion.csv/png, misclassified.csv/png and misclassified/ of the
  /// test set. `worst` are the misclassified images to show, with the probabilities of all classes.
  void write_reports(const std::string& title, const Split& split, const Evaluation& evaluation,
                     const std::vector<report::Prediction>& worst);
  /// Writes grad_cam.png: the same misclassified images with a heat map each.
  void write_grad_cam(const std::string& title, const Split& split,
                      const std::vector<report::Prediction>& worst, std::span<const HeatMap> maps);
  /// Writes run.json. For a finished run it writes SHA256SUMS before it, so run.json is the last
  /// file.
  void write_run_json(const RunStatus& status, const RunFacts& facts, const RunIdentity& identity,
                      const TrainingState& state);

 private:
  void write(const char* name, std::string_view bytes);
  void write_check_sums(const std::string& json);
  void remove_images() const;
  void write_images(const DataSet& set, const std::vector<report::Prediction>& images);

  Folder folder_;
  CheckSums sums_;  ///< check sums of the written files
  std::optional<std::uint64_t> saved_;
};

}  // namespace castnet
