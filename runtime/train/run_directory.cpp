#include "train/run_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "castnet_shared/folder.hpp"
#include "castnet_shared/json.hpp"
#include "report/report.hpp"
#include "train/early_stopping.hpp"
#include "train/guessing.hpp"

#ifndef CASTNET_VERSION
#define CASTNET_VERSION "unknown"
#endif
#ifndef CASTNET_COMPILER
#define CASTNET_COMPILER "unknown"
#endif
#ifndef CASTNET_FLAGS
#define CASTNET_FLAGS "unknown"
#endif

namespace castnet {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kRunJson = "run.json";
constexpr std::uint64_t kMostJson = 16 << 20;  // bytes; a spec is all that makes one large

constexpr std::array<const char*, 11> kFiles = {
    "metrics.csv",       "confusion.csv", "confusion.png",     "misclassified.csv",
    "misclassified.png", "curves.png",    RunDirectory::kBest, RunDirectory::kLast,
    "predictions.csv",   kRunJson,        "grad_cam.png"};

/// The folder of the misclassified images, a file each.
constexpr const char* kImages = "misclassified";

std::size_t elements(std::span<const TensorInfo> tensors) {
  std::size_t sum = 0;
  for (const TensorInfo& tensor : tensors) sum += tensor.elements;
  return sum;
}

/// The files that a run writes into its folder, and into the folder of the images.
bool is_run_file(std::string_view name) { return std::ranges::find(kFiles, name) != kFiles.end(); }
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

Json figures(const EpochRow& row) {
  return {{"epoch", row.epoch},
          {"train_loss", row.train_loss},
          {"train_accuracy", row.train_accuracy},
          {"test_loss", row.test_loss},
          {"test_accuracy", row.test_accuracy},
          {"weights_sha256", row.weights_sha256}};
}

Json data_facts(const Split& split) {
  return {{"name", split.name},
          {"source", split.source},
          {"training_images", split.train.size()},
          {"test_images", split.test.size()},
          {"held_out", split.held_out},
          {"sha256", split.sha256}};
}

/// What makes a run what it is, as far as the program, its data and the castnet decide it.
Json identity_facts(const ProgramInfo& info, const Split& split, const RunIdentity& identity) {
  return {{"name", identity.name},
          {"variant", identity.variant},
          {"seed", identity.seed},
          {"epochs", identity.epochs},
          {"batch", info.batch},
          {"target", info.target},
          {"number_type", kRealType},
          {"castnet", {{"version", CASTNET_VERSION}, {"interface", kInterface}}},
          {"data", data_facts(split)}};
}

/// Instead of a picture of misclassified images.
std::string no_errors(const Split& split) {
  return fmt::format("every {} image is classified correctly", evaluated_word(split));
}

/// The figures that are known so far, and whether the run diverged or stopped early.
void add_results(Json& json, const RunStatus& status, const RunFacts& facts,
                 const RunIdentity& identity, const TrainingState& state) {
  const EarlyStoppingRecipe& stopping = facts.info->recipe.early_stopping;
  const int classes = facts.info->classes;
  json["guessing"] = {{"loss", guessing_loss(classes)},
                      {"accuracy", guessing_accuracy(facts.split->test)}};
  json["diverged"] =
      status.non_finite || (!state.rows.empty() && diverged(state.rows.back(), classes));
  json["best_epoch"] = state.best_epoch;
  if (state.rows.empty()) return;
  json["best"] = figures(best_epoch(state));
  json["final"] = figures(state.rows.back());
  json["reported"] = figures(reported_epoch(stopping, state));
  if (stopped_early(stopping, identity, state)) {
    json["stopped_early"] = {{"epoch", state.rows.size()},
                             {"metric", to_word(stopping.metric)},
                             {"patience", stopping.patience}};
  }
}

/// What `read` makes of the folder's run.json; nothing without one, or if it is damaged.
template <class Read>
auto read_run_json(const Folder& folder, const Read& read) -> decltype(read(Json())) {
  if (!folder.holds(kRunJson)) return {};
  try {
    const std::string text = folder.read(kRunJson, kMostJson);
    check_json(text);
    return read(Json::parse(text));
  } catch (const JsonError&) {
    return {};
  } catch (const Json::exception&) {
    return {};
  }
}

}  // namespace

std::string identity_json(const ProgramInfo& info, const Split& split,
                          const RunIdentity& identity) {
  Json json = identity_facts(info, split, identity);
  json["spec"]["sha256"] = info.spec_sha256;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string network_title(const ProgramInfo& info) {
  std::string_view name = info.name;
  const std::string end = fmt::format("_{}", info.variant);
  if (*info.variant == '\0' || !name.ends_with(end)) return std::string(name);
  name.remove_suffix(end.size());
  return fmt::format("{} ({})", name, info.variant);
}

RunDirectory::RunDirectory(const fs::path& path) : folder_(claim(path)) {
  remove_files(folder_,
               [](std::string_view name) { return is_run_file(target_of_temporary(name)); });
  if (const auto images = folder_.find_folder(kImages)) {
    remove_files(*images,
                 [](std::string_view name) { return is_image(target_of_temporary(name)); });
  }
}

bool RunDirectory::holds_run() const {
  return folder_.holds(kLast) || folder_.holds(kBest) || folder_.holds("metrics.csv");
}

std::string RunDirectory::spec_text(std::string_view sha256) const {
  return read_run_json(folder_, [&](const Json& json) {
    const Json& spec = json.at("spec");
    return spec.at("sha256") == sha256 ? spec.at("text").get<std::string>() : std::string();
  });
}

bool RunDirectory::failed_by_loss(const RunIdentity& identity) const {
  return read_run_json(folder_, [&](const Json& json) {
    return json.at("failure").at("non_finite_loss").get<bool>() &&
           json.at("name") == identity.name && json.at("variant") == identity.variant &&
           json.at("spec").at("sha256") == identity.spec_sha256 &&
           json.at("data").at("sha256") == identity.data_sha256 &&
           json.at("seed") == identity.seed && json.at("epochs") == identity.epochs;
  });
}

void RunDirectory::clear() const {
  remove_files(folder_, is_run_file);
  remove_images();
}

void RunDirectory::remove_images() const {
  const auto images = folder_.find_folder(kImages);
  if (!images) return;
  remove_files(*images, is_image);
  folder_.remove_folder(kImages);
}

void RunDirectory::write_images(const DataSet& set,
                                const std::vector<report::Prediction>& images) const {
  remove_images();
  const Folder folder = folder_.folder(kImages);
  for (const report::Prediction& one : images) {
    folder.write(fmt::format("{}.png", one.index), image_png(set, one.index));
  }
}

void RunDirectory::write_state(Program& program, const RunIdentity& identity,
                               const TrainingState& state) const {
  folder_.write(kLast, serialise(state_file(program, identity, state)));
}

void RunDirectory::write_best(Program& program, const RunIdentity& identity) const {
  folder_.write(kBest, serialise(weights_file(program, identity)));
}

void RunDirectory::write_metrics(const std::string& title, const Split& split,
                                 const TrainingState& state) const {
  folder_.write("metrics.csv", metrics_csv(state.rows));
  folder_.write("curves.png", curves_png(title, state.rows, evaluated_word(split)));
}

void RunDirectory::write_reports(const std::string& title, const Split& split,
                                 const Evaluation& evaluation,
                                 const std::vector<report::Prediction>& worst) const {
  const ConfusionMatrix matrix(split, evaluation);
  folder_.write("confusion.csv", confusion_csv(matrix, split.classes));
  folder_.write("confusion.png", confusion_png(title, matrix, split.classes));
  folder_.write("predictions.csv", report::predictions_csv(predictions(split, evaluation)));
  folder_.write("misclassified.csv", report::predictions_csv(worst, split.classes));
  write_images(split.test, worst);
  folder_.write("misclassified.png",
                predictions_png(fmt::format("{}: misclassified {} images, true → predicted", title,
                                            evaluated_word(split)),
                                no_errors(split), split, worst));
}

void RunDirectory::write_grad_cam(const std::string& title, const Split& split,
                                  const std::vector<report::Prediction>& worst,
                                  std::span<const HeatMap> maps) const {
  const std::string heading = title + ": where the network looked (Grad-CAM), true → predicted";
  folder_.write("grad_cam.png", predictions_png(heading, no_errors(split), split, worst, maps));
}

void RunDirectory::write_run_json(const RunStatus& status, const RunFacts& facts,
                                  const RunIdentity& identity, const TrainingState& state) const {
  const ProgramInfo& info = *facts.info;
  Json json = identity_facts(info, *facts.split, identity);
  json["title"] = facts.title;
  json["status"] = status.word;
  json["threads"] = facts.threads;
  json["compiler"] = {{"name", CASTNET_COMPILER}, {"flags", CASTNET_FLAGS}};
  json["data"]["mean"] = facts.normalisation.mean;
  json["data"]["deviation"] = facts.normalisation.deviation;
  json["parameters"] = elements(info.parameters);
  json["buffers"] = elements(info.buffers);
  if (!status.failure.empty()) {
    json["failure"] = {{"message", status.failure}, {"non_finite_loss", status.non_finite}};
  }
  if (!facts.device.empty()) json["device"] = facts.device;
  add_results(json, status, facts, identity, state);
  json["spec"] = {{"path", info.spec_path},
                  {"sha256", info.spec_sha256},
                  {"generate", info.command},
                  {"text", facts.spec_text}};
  // A spec may hold bytes that are not UTF-8; they must not cost the run its last file.
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace);
  folder_.write(kRunJson, text + '\n');
}

}  // namespace castnet
