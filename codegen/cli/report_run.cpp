#include "cli/report_run.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "castnet_shared/file.hpp"
#include "cli/compare_text.hpp"
#include "cli/run_identity.hpp"
#include "cli/shell_words.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// What makes a run's reports again, without training.
std::string remedy(const FoundRun& run) {
  if (run.compared) return "the `castnet compare` that made it makes them again";
  return fmt::format("`castnet train SPEC --out {} --resume` makes the reports again",
                     run.folder.string());
}

std::string read_or_tell(const FoundRun& run, const fs::path& file) {
  if (auto text = read_if_there(run.folder / file)) return std::move(*text);
  throw ReportError(
      fmt::format("{}: cannot read this file; {}", (run.folder / file).string(), remedy(run)));
}

/// What `read` makes of the file's text.
template <class Read>
auto parsed(const FoundRun& run, const char* file, Read read) {
  const std::string text = read_or_tell(run, file);
  try {
    return read(text);
  } catch (const std::runtime_error& error) {
    throw ReportError(
        fmt::format("{}: {}; {}", (run.folder / file).string(), error.what(), remedy(run)));
  }
}

Json read_json(const FoundRun& run) {
  return parsed(run, "run.json", [](const std::string& text) {
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) throw std::runtime_error("not a run's JSON");
    return json;
  });
}

/// The values that were set over the spec, out of `PATH --set KEY=VALUE …`.
std::vector<std::string> sets_of(const std::string& command) {
  const std::vector<std::string> words = shell_words(command);
  std::vector<std::string> sets;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i - 1] == "--set") sets.push_back(words[i]);
  }
  return sets;
}

/// The run's spec; nothing, and it is said why, if that is no longer what it was.
std::optional<Loaded> load_spec(const ReportedRun& run) {
  const std::string name = (run.folder / "run.json").string() + " (spec)";
  Common common;
  common.sets = run.sets;
  common.variant = run.variant;
  if (!run.spec_text.empty()) {
    auto loaded = load_text(run.spec_text, name, common);
    if (loaded && loaded->front().sha256 == run.spec_sha256) return std::move(loaded->front());
  }
  fmt::print(stderr,
             "castnet report: {}: this castnet cannot read the run's spec: no layer table, MACs "
             "and differences\n",
             name);
  return {};
}

void read_facts(const Json& json, ReportedRun& run) {
  run.name = json.at("name").get<std::string>();
  run.variant = json.at("variant").get<std::string>();
  run.seed = json.at("seed").get<std::uint64_t>();
  run.parameters = json.at("parameters").get<std::int64_t>();
  run.reported_epoch = json.at("reported").at("epoch").get<int>();
  const Json& spec = json.at("spec");
  run.spec_text = spec.at("text").get<std::string>();
  run.spec_sha256 = spec.at("sha256").get<std::string>();
  run.sets = sets_of(spec.value("generate", ""));
  const Json& data = json.at("data");
  const auto text = [](const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  run.conditions = conditions_of(json);
  run.spec = load_spec(run);
  // Earlier castnets' run.json does not tell it.
  run.held_out = data.value("held_out", run.spec && run.spec->spec.data.hold_out > 0);
  run.title = json.value("title", run.name);
  run.facts = {
      {"data set", fmt::format("{}, {} training and {} {} images", text(data.at("name")),
                               text(data.at("training_images")), text(data.at("test_images")),
                               evaluated_word(run.held_out))},
      {"SHA-256 of the data", fmt::format("{:.12}…", text(data.at("sha256")))},
      {"seed", text(json.at("seed"))},
      {"epochs", text(json.at("epochs"))},
      {"batch", text(json.at("batch"))},
      {"best epoch", text(json.at("best_epoch"))},
      {"target", text(json.at("target"))},
      {"castnet", text(json.at("castnet").at("version"))},
      {"folder", run.folder.string()}};
  if (json.value("diverged", false)) {
    run.facts.emplace_back("diverged",
                           "yes: the last epoch's training and test loss are far above those of "
                           "guessing; lower the learning rate");
  }
}

std::vector<WrongImage> read_worst(const FoundRun& found, const report::Confusion& confusion) {
  auto predictions = parsed(found, "misclassified.csv", [&](const std::string& text) {
    auto all = report::parse_predictions(text);
    for (const report::Prediction& one : all) {
      if (one.probabilities.size() == confusion.classes.size()) continue;
      throw std::runtime_error("lacks the probabilities of all classes, which castnet writes now");
    }
    return all;
  });
  std::vector<WrongImage> worst;
  for (report::Prediction& one : predictions) {
    const auto file = fs::path("misclassified") / fmt::format("{}.png", one.index);
    worst.push_back({std::move(one), read_or_tell(found, file)});
  }
  return worst;
}

}  // namespace

std::optional<Unfinished> unfinished(const FoundRun& run) {
  if (run.compared && !fs::exists(run.folder / "run.json")) return Unfinished{"not begun", false};
  const Json json = read_json(run);
  const auto status = json.find("status");
  if (status == json.end() || !status->is_string()) {
    throw ReportError(
        fmt::format("{}: has no status; {}", (run.folder / "run.json").string(), remedy(run)));
  }
  if (*status == "finished") return {};
  const Json failure = json.value("failure", Json::object());
  return Unfinished{status->get<std::string>(), failure.value("non_finite_loss", false)};
}

ReportedRun read_run(const FoundRun& found) {
  ReportedRun run;
  run.folder = found.folder;
  std::string last_weights;
  try {
    const Json json = read_json(found);
    read_facts(json, run);
    last_weights = json.at("final").at("weights_sha256").get<std::string>();
  } catch (const Json::exception& error) {
    throw ReportError(fmt::format("{}: not a run's JSON: {}; {}",
                                  (found.folder / "run.json").string(), error.what(),
                                  remedy(found)));
  }
  run.label = found.label.empty() ? run.title : found.label;
  run.epochs = parsed(found, "metrics.csv", [&](const std::string& text) {
    return report::read_run(text, last_weights);
  });
  run.confusion = parsed(found, "confusion.csv", report::parse_confusion);
  run.worst = read_worst(found, run.confusion);
  run.heat_maps = read_if_there(run.folder / "grad_cam.png").value_or("");
  return run;
}

}  // namespace castnet::codegen
