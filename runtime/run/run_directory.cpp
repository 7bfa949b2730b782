#include "run/run_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "castnet_shared/run_files.hpp"
#include "castnet_shared/sha256.hpp"
#include "report/report.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

/// Besides run.json.
constexpr std::array<const char*, 11> kFiles = {
    kMetrics.name,       kConfusion.name, "confusion.png",     kMisclassified.name,
    "misclassified.png", "curves.png",    RunDirectory::kBest, RunDirectory::kLast,
    kPredictions.name,   kHeatMaps.name,  kCheckSums};

bool is_result(std::string_view name) { return std::ranges::find(kFiles, name) != kFiles.end(); }
bool is_run_file(std::string_view name) { return is_result(name) || name == kRunJson.name; }
bool is_image(std::string_view name) {
  const std::size_t digits = name.find_first_not_of("0123456789");
  return digits > 0 && digits != name.npos && name.substr(digits) == ".png";
}

/// Removes what is in the folder under names that meet the condition.
void remove_files(const Folder& folder, bool (*condition)(std::string_view name)) {
  for (const std::string& name : folder.names()) {
    if (condition(name)) folder.remove(name);
  }
}

/// The folder for one writer.
Folder claim(const fs::path& path) {
  Folder folder(path);
  if (folder.lock()) return folder;
  throw std::runtime_error(
      fmt::format("another training is writing into '{}'; wait for its end, or name another folder "
                  "with --out",
                  path.string()));
}

/// Instead of a picture of misclassified images.
std::string no_errors(const Split& split) {
  return fmt::format("every {} image is classified correctly", evaluated_word(split));
}

}  // namespace

RunDirectory::RunDirectory(const fs::path& path) : folder_(claim(path)) {
  remove_files(folder_,
               [](std::string_view name) { return is_run_file(target_of_temporary(name)); });
  if (const auto images = folder_.find_folder(kImages)) {
    remove_files(*images,
                 [](std::string_view name) { return is_image(target_of_temporary(name)); });
  }
}

std::optional<RunRecord> RunDirectory::record() const {
  const auto text = read_if_there(folder_, kRunJson);
  return text ? parse_run_json(*text) : std::nullopt;
}

bool RunDirectory::holds_run() const {
  return folder_.holds(kLast) || folder_.holds(kBest) || folder_.holds(kMetrics.name);
}

SafeTensors RunDirectory::read_state() const {
  return parse_safetensors(folder_.read(kLast, kMostCheckpoint), last().string());
}

SafeTensors RunDirectory::read_best() const {
  const std::string file = (folder_ / kBest).string();
  if (!folder_.holds(kBest)) {
    throw CheckpointError(
        fmt::format("{} is missing; restore it, or start a new run without --resume", file));
  }
  return parse_safetensors(folder_.read(kBest, kMostCheckpoint), file);
}

std::vector<std::string> RunDirectory::changed() const {
  if (!folder_.holds(kCheckSums)) return {kCheckSums};
  return changed_files(folder_);
}

void RunDirectory::begin(const RunFacts& facts, const RunIdentity& identity,
                         const TrainingState& state) {
  saved_.reset();
  write_run_json({"running"}, facts, identity, state);
  remove_files(folder_, is_result);
  remove_images();
}

void RunDirectory::resume(const RunFacts& facts, const RunIdentity& identity,
                          const TrainingState& state) {
  saved_ = state.step;
  write_run_json({"running"}, facts, identity, state);
}

void RunDirectory::write(const char* name, std::string_view bytes) {
  folder_.write(name, bytes);
  sums_[name] = sha256_hex(bytes);
}

void RunDirectory::remove_images() const {
  const auto images = folder_.find_folder(kImages);
  if (!images) return;
  remove_files(*images, is_image);
  folder_.remove_folder(kImages);
}

void RunDirectory::write_images(const DataSet& set, const std::vector<report::Prediction>& images) {
  remove_images();
  const Folder folder = folder_.folder(kImages);
  for (const report::Prediction& one : images) {
    const std::string name = fmt::format("{}.png", one.index);
    const std::string png = image_png(set, one.index);
    folder.write(name, png);
    sums_[fmt::format("{}/{}", kImages, name)] = sha256_hex(png);
  }
}

void RunDirectory::write_state(std::string_view contents, const RunFacts& facts,
                               const RunIdentity& identity, const TrainingState& state) {
  write(kLast, contents);
  const bool first = !saved_;
  saved_ = state.step;
  if (first) write_run_json({"running"}, facts, identity, state);
}

void RunDirectory::write_best(std::string_view contents) { write(kBest, contents); }

void RunDirectory::write_metrics(const std::string& title, const Split& split,
                                 const TrainingState& state) {
  write(kMetrics.name, metrics_csv(state.rows));
  write("curves.png", curves_png(title, state.rows, evaluated_word(split)));
}

void RunDirectory::write_reports(const std::string& title, const Split& split,
                                 const Evaluation& evaluation,
                                 const std::vector<report::Prediction>& worst) {
  const ConfusionMatrix matrix(split, evaluation);
  write(kConfusion.name, confusion_csv(matrix, split.classes));
  write("confusion.png", confusion_png(title, matrix, split.classes));
  write(kPredictions.name, report::predictions_csv(predictions(split, evaluation)));
  write(kMisclassified.name, report::predictions_csv(worst, split.classes));
  write_images(split.test, worst);
  write("misclassified.png",
        predictions_png(fmt::format("{}: misclassified {} images, true → predicted", title,
                                    evaluated_word(split)),
                        no_errors(split), split, worst));
}

void RunDirectory::write_grad_cam(const std::string& title, const Split& split,
                                  const std::vector<report::Prediction>& worst,
                                  std::span<const HeatMap> maps) {
  const std::string heading = title + ": where the network looked (Grad-CAM), true → predicted";
  write(kHeatMaps.name, predictions_png(heading, no_errors(split), split, worst, maps));
}

/// The check sums of the future run.json, of all written files, and of the files that an earlier
/// process wrote for this run.
void RunDirectory::write_check_sums(const std::string& json) {
  CheckSums sums = sums_;
  for (const char* name : kFiles) {
    if (name == kCheckSums || sums.contains(name) || !folder_.holds(name)) continue;
    sums[name] = sha256_hex(folder_.read(name, kMostCheckpoint));
  }
  sums[kRunJson.name] = sha256_hex(json);
  folder_.write(kCheckSums, to_text(sums));
}

void RunDirectory::write_run_json(const RunStatus& status, const RunFacts& facts,
                                  const RunIdentity& identity, const TrainingState& state) {
  const std::string json = run_json(status, facts, identity, state, saved_);
  const bool finished = std::string_view(status.word) == "finished";
  if (finished) write_check_sums(json);
  folder_.write(kRunJson.name, json);
  if (!finished) folder_.remove(kCheckSums);
}

}  // namespace castnet
