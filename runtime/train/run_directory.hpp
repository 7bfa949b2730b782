// A run directory: which files it has and how each is written.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "castnet_shared/folder.hpp"
#include "core/program.hpp"
#include "data/data_set.hpp"
#include "data/normalisation.hpp"
#include "report/api/castnet_report/predictions.hpp"
#include "report/heat_map.hpp"
#include "train/checkpoint.hpp"
#include "train/engine.hpp"
#include "train/evaluate.hpp"

namespace castnet {

/// What makes a run what it is, as JSON with the keys that run.json has for it: name and variant,
/// seed, epochs, target, number type, castnet's interface number, SHA-256 of data and spec.
std::string identity_json(const ProgramInfo& info, const Split& split, const RunIdentity& identity);

/// How pictures call the network: "NAME", or a variant NAME_VARIANT "NAME (VARIANT)".
std::string network_title(const ProgramInfo& info);

/// What run.json tells besides the identity and the state.
struct RunFacts {
  const ProgramInfo* info = nullptr;
  const Split* split = nullptr;
  std::string title;      ///< of the pictures, without the data set
  std::string spec_text;  ///< empty if unknown
  Normalisation normalisation;
  int threads = 1;
  Notes device = {};  ///< of an Accelerated program
};

/// How a run stands.
struct RunStatus {
  const char* word;          ///< "running", "finished", "interrupted" or "failed"
  std::string failure = {};  ///< what failed
  bool non_finite = false;   ///< that was the loss
};

/// A run's folder while the run writes it: each file whole, and no other run in the same folder.
/// All members throw FileError.
class RunDirectory {
 public:
  static constexpr const char* kBest = "best.safetensors";
  static constexpr const char* kLast = "last.safetensors";

  /// Creates the folder with its parents, and removes what a run that was killed left of files that
  /// it was writing. Throws if another run has the folder.
  explicit RunDirectory(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path best() const { return folder_ / kBest; }
  std::filesystem::path last() const { return folder_ / kLast; }

  /// Whether an earlier run left a state, weights or metrics here.
  bool holds_run() const;
  /// The text in run.json of the spec that has this SHA-256; empty if there is none.
  std::string spec_text(std::string_view sha256) const;
  /// Whether run.json tells of a run with this identity that failed by a loss that is not finite.
  bool failed_by_loss(const RunIdentity& identity) const;
  /// Removes an earlier run's files (those that a run writes, nothing else).
  void clear() const;

  /// last.safetensors.
  void write_state(Program& program, const RunIdentity& identity, const TrainingState& state) const;
  /// best.safetensors.
  void write_best(Program& program, const RunIdentity& identity) const;
  /// metrics.csv and curves.png.
  void write_metrics(const std::string& title, const Split& split,
                     const TrainingState& state) const;
  /// predictions.csv, confusion.csv/png, misclassified.csv/png and misclassified/ of the test set;
  /// `worst` are the misclassified images to show, with the probabilities of all classes.
  void write_reports(const std::string& title, const Split& split, const Evaluation& evaluation,
                     const std::vector<report::Prediction>& worst) const;
  /// grad_cam.png: the same misclassified images with a heat map each.
  void write_grad_cam(const std::string& title, const Split& split,
                      const std::vector<report::Prediction>& worst,
                      std::span<const HeatMap> maps) const;
  void write_run_json(const RunStatus& status, const RunFacts& facts, const RunIdentity& identity,
                      const TrainingState& state) const;

 private:
  void remove_images() const;
  void write_images(const DataSet& set, const std::vector<report::Prediction>& images) const;

  Folder folder_;
};

}  // namespace castnet
