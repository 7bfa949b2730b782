// A run directory: which files it has and how each is written.
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

/// A run's folder while the run writes it: each file whole, no other run in the same folder, and no
/// link in it followed. All members throw FileError.
///
/// Whatever ends the process, at whatever moment: the folder holds the run before or this one. It
/// is this one from the moment on when run.json, which begin() writes before it removes anything,
/// is of this run. Until run.json tells of a saved state, no other file here is this run's for
/// certain; from then on last.safetensors is.
class RunDirectory {
 public:
  static constexpr const char* kBest = "best.safetensors";
  static constexpr const char* kLast = "last.safetensors";

  /// Creates the folder with its parents, and removes what a run that was killed left of files that
  /// it was writing. Throws std::runtime_error if another run has the folder.
  explicit RunDirectory(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path best() const { return folder_ / kBest; }
  std::filesystem::path last() const { return folder_ / kLast; }

  /// What the run.json here tells; nothing without one that can be read, or if it is damaged.
  std::optional<RunRecord> record() const;
  /// Whether there is a state, weights or metrics.
  bool holds_run() const;
  bool holds_state() const { return folder_.holds(kLast); }
  SafeTensors read_state() const;
  /// Throws CheckpointError, too, if there is none.
  SafeTensors read_best() const;
  /// Of a finished run, the files that were changed or removed since.
  std::vector<std::string> changed() const;

  /// Begins a new run: writes run.json, then removes an earlier run's other files (those that a run
  /// writes, nothing else).
  void begin(const RunFacts& facts, const RunIdentity& identity, const TrainingState& state);
  /// Continues the run here, whose state is of this step.
  void resume(const RunFacts& facts, const RunIdentity& identity, const TrainingState& state);

  /// last.safetensors, whose contents are a state_file of `state`, and when it is the first,
  /// run.json.
  void write_state(std::string_view contents, const RunFacts& facts, const RunIdentity& identity,
                   const TrainingState& state);
  /// The step of the state in last.safetensors; nothing before the first.
  std::optional<std::uint64_t> saved() const { return saved_; }
  /// best.safetensors, whose contents are a weights_file.
  void write_best(std::string_view contents);
  /// metrics.csv and curves.png.
  void write_metrics(const std::string& title, const Split& split, const TrainingState& state);
  /// predictions.csv, confusion.csv/png, misclassified.csv/png and misclassified/ of the test set;
  /// `worst` are the misclassified images to show, with the probabilities of all classes.
  void write_reports(const std::string& title, const Split& split, const Evaluation& evaluation,
                     const std::vector<report::Prediction>& worst);
  /// grad_cam.png: the same misclassified images with a heat map each.
  void write_grad_cam(const std::string& title, const Split& split,
                      const std::vector<report::Prediction>& worst, std::span<const HeatMap> maps);
  /// run.json, of a finished run behind SHA256SUMS: the last that is written.
  void write_run_json(const RunStatus& status, const RunFacts& facts, const RunIdentity& identity,
                      const TrainingState& state);

 private:
  void write(const char* name, std::string_view bytes);
  void write_check_sums(const std::string& json);
  void remove_images() const;
  void write_images(const DataSet& set, const std::vector<report::Prediction>& images);

  Folder folder_;
  CheckSums sums_;  ///< of what was written
  std::optional<std::uint64_t> saved_;
};

}  // namespace castnet
