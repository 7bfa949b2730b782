#include "reports/run.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "castnet_shared/words.hpp"
#include "experiments/table.hpp"
#include "reports/png.hpp"
#include "runs/faults.hpp"
#include "runs/files.hpp"
#include "runs/identity.hpp"
#include "runs/terminal_text.hpp"
#include "spec/names.hpp"

namespace castnet::codegen {
namespace {

using Json = nlohmann::json;

/// Whether `castnet compare` reads the file before it considers a run finished. It only checks that
/// the other files exist.
bool is_checked(std::string_view file) { return file == kRunJson.name || file == kMetrics.name; }

/// The command that makes a run's file again, without training. Some files must be removed first.
std::string remedy(const FoundRun& run, std::string_view file, bool remove) {
  const std::string first =
      remove ? fmt::format("remove {}, and ", (run.folder / file).string()) : "";
  if (run.compared()) return first + "the `castnet compare` that made it makes it again";
  return first + fmt::format("`castnet train SPEC --out {} --resume{}` makes it again",
                             run.folder.string(), file == kHeatMaps.name ? " --grad-cam" : "");
}

/// Reads the files of one run. Throws ReportError.
class Reader {
 public:
  Reader(const FoundRun& run, const Folder& folder, std::uint64_t& left)
      : run_(run), folder_(folder), left_(left) {}

  /// The result of `read` for the file's text.
  template <class Read>
  auto parsed(const RunFile& file, Read read) {
    const std::string text = bytes(folder_, file, file.name);
    try {
      return read(text);
    } catch (const Json::exception& error) {
      fail(file.name, fmt::format("not a run's JSON: {}", error.what()));
    } catch (const JsonError& error) {
      fail(file.name, fmt::format("not a run's JSON: {}", error.what()));
    } catch (const std::runtime_error& error) {
      fail(file.name, error.what());
    }
  }

  /// A run with a changed file would show figures that it never had.
  void refuse(const RunFaults& faults) const {
    if (faults.none()) return;
    const std::string first = faults.changed.empty() ? kMetrics.name : faults.changed.front();
    throw ReportError(fmt::format("{}; {}", to_text(faults, run_.folder.string()),
                                  remedy(run_, first, run_.compared() && !is_checked(first))));
  }

  std::string heat_maps() {
    if (!folder_.holds(kHeatMaps.name)) return "";
    return picture(folder_, kHeatMaps, kHeatMaps.name);
  }

  /// One of the misclassified images.
  std::string image(std::size_t index) {
    const std::string name = fmt::format("{}.png", index);
    const auto images = folder_.find_folder(kImages);
    if (!images) tell((run_.folder / kImages).string(), "there is no such folder", kImages, false);
    return picture(*images, {name.c_str(), kMostImage}, kImages);
  }

 private:
  [[noreturn]] void tell(std::string_view path, std::string_view what, std::string_view made,
                         bool remove) const {
    throw ReportError(fmt::format("{}: {}; {}", path, what, remedy(run_, made, remove)));
  }
  /// Throws the error that the file is damaged.
  [[noreturn]] void fail(std::string_view file, std::string_view what) const {
    tell((run_.folder / file).string(), what, file, run_.compared() && !is_checked(file));
  }

  /// `made` says what makes `file` again if it is missing or cannot be read.
  std::string bytes(const Folder& folder, const RunFile& file, std::string_view made) {
    std::string all;
    try {
      all = read(folder, file);
    } catch (const FileError& error) {
      const bool of_folder = run_.compared() && made != file.name;
      throw ReportError(fmt::format("{}; {}", error.what(),
                                    remedy(run_, made, of_folder || folder.holds(file.name))));
    }
    if (all.size() > left_) {
      throw ReportError(
          fmt::format("the runs have more than {} MiB of figures and pictures, the most that a "
                      "page can show; give fewer run directories",
                      kMostInPage / kMebibyte));
    }
    left_ -= all.size();
    return all;
  }

  std::string picture(const Folder& folder, const RunFile& file, std::string_view made) {
    std::string png = bytes(folder, file, made);
    if (const std::string fault = png_fault(png); !fault.empty()) {
      tell((folder / file.name).string(), "not a PNG picture for a page: " + fault, made,
           run_.compared());
    }
    return png;
  }

  const FoundRun& run_;
  const Folder& folder_;
  std::uint64_t& left_;
};

/// A name, which the page shows in many places. Throws JsonError if it is not a text.
std::string short_text(const Json& value) {
  constexpr std::size_t kLongest = 1000;
  auto text = value.get<std::string>();
  if (text.size() > kLongest) {
    throw JsonError(fmt::format("has a name of more than {} bytes", kLongest));
  }
  return text;
}

/// The run's spec. Returns nothing, after a message, if it has changed.
std::optional<Loaded> load_spec(const ReportedRun& run) {
  const std::string name = on_terminal((run.folder / kRunJson.name).string()) + " (spec)";
  SpecOptions options;
  options.sets = run.sets;
  options.variant = run.variant;
  if (!run.spec_text.empty()) {
    auto loaded = load_text(run.spec_text, name, options);
    if (loaded && loaded->front().sha256 == run.spec_sha256) return std::move(loaded->front());
  }
  fmt::print(stderr,
             "castnet report: {}: this castnet cannot read the run's spec, so the page lacks its "
             "layer table, MACs and differences\n",
             name);
  return {};
}

void read_facts(const Json& json, ReportedRun& run) {
  run.name = short_text(json.at("name"));
  run.variant = short_text(json.at("variant"));
  run.seed = whole_number<std::uint64_t>(json.at("seed"));
  run.parameters = whole_number<std::int64_t>(json.at("parameters"));
  run.reported_epoch = whole_number<int>(json.at("reported").at("epoch"));
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
  // The run.json of earlier castnets does not contain it.
  run.held_out = data.value("held_out", run.spec && run.spec->spec.data.hold_out > 0);
  run.title = short_text(json.value("title", Json(run.name)));
  run.facts = {
      {"data set", fmt::format("{}, {} training and {} {} images", text(data.at("name")),
                               text(data.at("training_images")), text(data.at("test_images")),
                               std::string(evaluated_word(run.held_out)))},
      {"SHA-256 of the data", fmt::format("{:.12}…", text(data.at("sha256")))},
      {"seed", text(json.at("seed"))},
      {"epochs", text(json.at("epochs"))},
      {"batch", text(json.at("batch"))},
      {"best epoch", text(json.at("best_epoch"))},
      {"target", text(json.at("target"))},
      {"castnet", text(json.at("castnet").at("version"))},
      {"trail", json.contains("trail") ? fmt::format("{:.12}…", text(json.at("trail"))) : "none"},
      {"folder", run.folder.string()}};
  if (json.value("diverged", false)) {
    run.facts.emplace_back("diverged",
                           "yes: the last epoch's training and test loss are far above those of "
                           "guessing; lower the learning rate");
  }
}

std::vector<WrongImage> read_worst(Reader& reader, const report::Confusion& confusion) {
  auto predictions = reader.parsed(kMisclassified, [&](const std::string& text) {
    auto all = report::parse_predictions(text);
    for (const report::Prediction& one : all) {
      if (one.probabilities.size() == confusion.classes.size()) continue;
      throw std::runtime_error("lacks the probabilities of all classes, which castnet writes now");
    }
    return all;
  });
  std::vector<WrongImage> worst;
  for (report::Prediction& one : predictions) {
    const std::size_t index = one.index;
    worst.push_back({std::move(one), reader.image(index)});
  }
  return worst;
}

/// Returns nothing if the run is finished.
std::optional<Unfinished> unfinished(const Json& json) {
  const auto status = json.at("status").get<std::string>();
  if (status == "finished") return {};
  const Json failure = json.value("failure", Json::object());
  return Unfinished{printable(status), failure.value("non_finite_loss", false)};
}

std::optional<Folder> open_run(const FoundRun& run) {
  if (!run.seed) return Folder::open(run.folder);
  return find_run(Folder::open(run.comparison()), run.label, *run.seed);
}

/// run.json.
struct Record {
  std::optional<Unfinished> unfinished;
  std::string last_weights;
  RunFaults faults;
};

Record read_record(const std::string& text, const Folder& folder, ReportedRun& run) {
  const Json json = parse_json(text);
  if (auto status = unfinished(json)) return {std::move(status), "", {}};
  read_facts(json, run);
  return {{}, json.at("final").at("weights_sha256").get<std::string>(), faults_of(folder, json)};
}

}  // namespace

std::variant<ReportedRun, Unfinished> read_run(const FoundRun& found, std::uint64_t& left) {
  const auto folder = open_run(found);
  if (!folder || (found.compared() && !folder->holds(kRunJson.name))) {
    return Unfinished{"not begun", false};
  }
  Reader reader(found, *folder, left);
  ReportedRun run;
  run.folder = found.folder;
  Record record = reader.parsed(
      kRunJson, [&](const std::string& text) { return read_record(text, *folder, run); });
  if (record.unfinished) return std::move(*record.unfinished);
  reader.refuse(record.faults);
  run.label = found.label.empty() ? run.title : found.label;
  run.epochs = reader.parsed(kMetrics, [&](const std::string& text) {
    return report::read_run(text, record.last_weights);
  });
  run.confusion = reader.parsed(kConfusion, report::parse_confusion);
  run.worst = read_worst(reader, run.confusion);
  run.heat_maps = reader.heat_maps();
  return run;
}

}  // namespace castnet::codegen
