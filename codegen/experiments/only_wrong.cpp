#include "experiments/only_wrong.hpp"

#include <fmt/format.h>

#include <castnet_report/predictions.hpp>
#include <stdexcept>

#include "castnet_shared/words.hpp"
#include "runs/files.hpp"
#include "toolchain/process.hpp"

namespace castnet::codegen {
namespace {

using report::Prediction;

/// The predictions of the variant's first task.
std::vector<Prediction> predictions_of(const CompareOutcome& outcome, std::size_t index) {
  const Task& task = *outcome.finished[index].tasks.front();
  try {
    const auto folder = find_run(outcome.out, outcome.variants[index], task);
    return report::parse_predictions(folder ? read(*folder, kPredictions) : "");
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}; remove it to have it made again",
                                         (task.folder / kPredictions.name).string(), error.what()));
  }
}

/// Writes the images that only `variant` misclassifies, as a list and as a picture.
bool show(const Variant& variant, const std::vector<Prediction>& only, const Folder& out,
          const CompareOptions& options) {
  const std::string list = fmt::format("only_{}.csv", variant.label);
  const std::string picture = fmt::format("only_{}.png", variant.label);
  const std::string text = report::predictions_csv(only);
  if (read_if_there(out, {list.c_str(), kPredictions.most}) == text && out.holds(picture)) {
    return true;
  }
  out.remove(picture);  // it is of another list
  out.write(list, text);
  const auto trainer = build_trainer(variant, options);
  if (!trainer) return false;
  std::vector<std::string> command{
      trainer->path().string(),
      "--quiet",
      "--show",
      (out / list).string(),
      "--out",
      (out / picture).string(),
      "--heading",
      fmt::format("{} that only {} gets wrong, highest loss first: true → predicted",
                  counted(only.size(), evaluated_images(variant) + " image"), variant.label)};
  if (options.data) command.insert(command.end(), {"--data", *options.data});
  const int status =
      wait_for(start(command, {.program_folder = trainer->folder.descriptor(), .environment = {}}));
  if (status == 0) return true;
  fmt::print(stderr, "castnet: {} could not be drawn (status {})\n", (out / picture).string(),
             status);
  return false;
}

}  // namespace

bool show_only_wrong(CompareOutcome& outcome, const CompareOptions& options) {
  outcome.only_wrong.assign(outcome.variants.size(), std::nullopt);
  std::vector<std::vector<Prediction>> networks;
  std::vector<std::size_t> owners;
  for (std::size_t i = 0; i < outcome.variants.size(); ++i) {
    if (outcome.finished[i].tasks.empty()) continue;
    networks.push_back(predictions_of(outcome, i));
    owners.push_back(i);
  }
  if (networks.size() < 2) return true;
  std::vector<std::vector<Prediction>> only;
  try {
    for (std::size_t i = 0; i < networks.size(); ++i) {
      only.push_back(report::wrong_only_in(networks, i));
    }
  } catch (const std::runtime_error& error) {
    fmt::print(stderr, "castnet: could not draw the errors of single variants: {}\n", error.what());
    return true;
  }
  bool fine = true;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const Variant& variant = outcome.variants[owners[i]];
    outcome.only_wrong[owners[i]] = only[i].size();
    fine = show(variant, only[i], outcome.out, options) && fine;
  }
  return fine;
}

}  // namespace castnet::codegen
