#include "scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "../runtime/idx_files.hpp"
#include "results.hpp"

namespace castnet::endurance {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const std::string kCastnet = CASTNET_PROGRAM;
const std::string kSpec = CASTNET_SOURCE_DIR "/tests/endurance/small.yaml";

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// `count` images as MNIST's files have them: a bright bar, whose place is the class, on noise.
void draw_images(const fs::path& folder, const std::string& part, unsigned count) {
  constexpr unsigned kSide = 28;
  fs::create_directories(folder);
  std::string pixels, labels;
  unsigned noise = 1;
  for (unsigned image = 0; image < count; ++image) {
    const unsigned label = image * 7 % 10;
    labels += static_cast<char>(label);
    for (unsigned i = 0; i < kSide * kSide; ++i) {
      noise = noise * 1664525U + 1013904223U;
      const unsigned bar = i / kSide / 2 == label + 2 ? 120 : 0;
      pixels += static_cast<char>(bar + (noise >> 25));
    }
  }
  std::ofstream(folder / (part + "-images-idx3-ubyte"), std::ios::binary)
      << test::idx_images(count, pixels);
  std::ofstream(folder / (part + "-labels-idx1-ubyte"), std::ios::binary)
      << test::idx_labels(labels);
}

/// Makes scenarios of commands on the stage.
class Maker {
 public:
  explicit Maker(const Places& places) : places_(places) {
    draw_images(places.work / "data/mnist", "train", 192);
    draw_images(places.work / "data/mnist", "t10k", 64);
  }

  Scenario train();
  Scenario resume();
  Scenario replace();
  Scenario castnet();
  Scenario compare();
  Scenario trainers();
  Scenario report();
  Scenario generate();
  Scenario compile();

 private:
  /// What `command` makes of `start`, kept as `name`.
  fs::path results_of(const std::string& name, const fs::path& start, const Words& command) {
    const fs::path kept = places_.work / "results" / name;
    places_.set_stage(start);
    places_.must(command);
    copy_folder(places_.stage, kept);
    return kept;
  }

  fs::path empty() const {
    fs::create_directories(places_.work / "empty");
    return places_.work / "empty";
  }

  /// The compiled trainer of the spec with other settings.
  std::string trainer(const Words& sets = {}) {
    Words command{kCastnet, "train", kSpec, "--build-only"};
    for (const std::string& set : sets) command = command + Words{"--set", set};
    const std::string output = places_.must(command);
    const std::size_t end = output.rfind('\n', output.size() - 2);
    return output.substr(end + 1, output.size() - end - 2);  // after what it says while it compiles
  }

  Words training(const Words& sets = {}) {
    return {trainer(sets), "--out", (places_.stage / "run").string(), "--threads", "1"};
  }

  const Places& places_;
};

Scenario Maker::train() {
  const Words command = training();
  return {.name = "train",
          .start = empty(),
          .command = command,
          .program = "trainer",
          .share = 6,
          .completions = {{command + Words{"--resume"}, results_of("train", empty(), command)}},
          .record = {}};
}

/// Of a run that was killed just after its first epoch had been saved.
Scenario Maker::resume() {
  Scenario scenario = train();
  const fs::path start = places_.work / "results/one-epoch";
  places_.set_stage(empty());
  run_counted(places_, scenario, {});
  const std::vector<Operation> record = read_record(places_.record);
  const auto saved = std::ranges::find_if(record, [](const Operation& one) {
    return one.name == "rename" && fs::path(one.other).filename() == "last.safetensors";
  });
  if (saved == record.end()) throw std::runtime_error("the training has not saved its state");
  places_.set_stage(empty());
  run_counted(
      places_, scenario,
      {"CASTNET_FAULT_DO=kill", fmt::format("CASTNET_FAULT_AT={}", saved - record.begin() + 2)});
  copy_folder(places_.stage, start);
  scenario.name = "resume";
  scenario.start = start;
  scenario.command = scenario.completions.front().command;
  return scenario;
}

/// A finished run of another seed: either the old run or the new one must be there afterwards.
Scenario Maker::replace() {
  const Words old_command = training({"train.seed=2"});
  const Words command = training();
  const fs::path old_run = results_of("old", empty(), old_command);
  return {.name = "replace",
          .start = old_run,
          .command = command,
          .program = "trainer",
          .share = 6,
          .completions = {{command + Words{"--resume"}, results_of("train", empty(), command)},
                          {old_command + Words{"--resume"}, old_run}},
          .record = {}};
}

/// The whole command that a person gives, with the trainer compiled before.
Scenario Maker::castnet() {
  const Words command{kCastnet,    "train", kSpec, "--out", (places_.stage / "run").string(),
                      "--threads", "1"};
  return {.name = "castnet",
          .start = empty(),
          .command = command,
          .program = "castnet",
          .share = 3,
          .completions = {{command + Words{"--resume"}, results_of("castnet", empty(), command)}},
          .record = {}};
}

Scenario Maker::compare() {
  const Words command{kCastnet,
                      "compare",
                      kSpec,
                      "--seeds",
                      "2",
                      "--jobs",
                      "2",
                      "--threads",
                      "1",
                      "--out",
                      (places_.stage / "compare").string()};
  return {.name = "compare",
          .start = empty(),
          .command = command,
          .program = "castnet",
          .share = 4,
          .alone = false,
          .completions = {{command, results_of("compare", empty(), command)}},
          .record = {}};
}

/// The same, but its trainers are disturbed, each at the same call.
Scenario Maker::trainers() {
  Scenario scenario = compare();
  scenario.name = "trainers";
  scenario.program = "trainer";
  scenario.child = places_.stage / "compare/base/seed-1";
  return scenario;
}

Scenario Maker::report() {
  const fs::path run = results_of("train", empty(), training());
  const fs::path runs = places_.work / "runs";
  copy_folder(run, runs);
  const Words command{kCastnet, "report", (runs / "run").string(), "-o",
                      (places_.stage / "report.html").string()};
  return {.name = "report",
          .start = empty(),
          .command = command,
          .program = "castnet",
          .share = 1,
          .completions = {{command, results_of("report", empty(), command)}},
          .record = {}};
}

/// Over the source of other settings.
Scenario Maker::generate() {
  const Words command{kCastnet, "generate", kSpec, "-o", (places_.stage / "generated").string()};
  const fs::path old_source =
      results_of("old-source", empty(), command + Words{"--set", "train.seed=2"});
  return {.name = "generate",
          .start = old_source,
          .command = command,
          .program = "castnet",
          .share = 1,
          .completions = {{command, results_of("generate", empty(), command)}},
          .record = {}};
}

/// Into a cache that is empty.
Scenario Maker::compile() {
  const Words command{"/usr/bin/env", "XDG_CACHE_HOME=" + (places_.stage / "cache").string(),
                      kCastnet,       "train",
                      kSpec,          "--build-only"};
  return {.name = "compile",
          .start = empty(),
          .command = command,
          .program = "castnet",
          .share = 3,
          .alone = false,
          .completions = {{command, results_of("compile", empty(), command)}},
          .record = {}};
}

long kib_below(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return static_cast<long>(bytes / 1024);
}

/// Runs the command as it is, and keeps what it did.
void measure(const Places& places, Scenario& scenario) {
  places.set_stage(scenario.start);
  const Ending ending = run_counted(places, scenario, {});
  const std::string found = difference(scenario.completions.front().results, places.stage);
  if (ending.status != 0 || !found.empty()) {
    throw std::runtime_error(fmt::format("{}: undisturbed, {} ends with status {}: {} {}",
                                         scenario.name, fmt::join(scenario.command, " "),
                                         ending.status, found, ending.output));
  }
  scenario.takes = ending.took;
  scenario.kib = kib_below(places.stage);
  scenario.record = read_record(places.record);
  if (scenario.child.empty()) return;
  std::erase_if(scenario.record, [&](const Operation& one) {
    return !one.path.starts_with(scenario.child.string());
  });
}

}  // namespace

Places::Places(fs::path work_folder)
    : work(std::move(work_folder)),
      stage(work / "stage"),
      record(work / "record"),
      scratch(work / "output") {
  fs::create_directories(stage);
  environment = {"XDG_CACHE_HOME=" + (work / "cache").string(),
                 "CASTNET_DATA=" + (work / "data").string(), "OMP_WAIT_POLICY=passive",
                 "CUDA_VISIBLE_DEVICES=", "LC_ALL=C"};
}

std::string Places::must(const Words& arguments) const {
  const Ending ending = run({.arguments = arguments, .environment = environment}, scratch);
  if (ending.status == 0) return ending.output;
  throw std::runtime_error(fmt::format("{} ends with status {}: {}", fmt::join(arguments, " "),
                                       ending.status, ending.output));
}

void Places::set_stage(const fs::path& from) const { copy_folder(from, stage); }

void copy_folder(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(to)) fs::remove_all(entry.path());
  fs::copy(from, to, fs::copy_options::recursive);
}

Ending run_counted(const Places& places, const Scenario& scenario, const Words& fault) {
  fs::remove(places.record);
  return run({.arguments = scenario.command,
              .environment = Words{"LD_PRELOAD=" CASTNET_FAULT_LIBRARY,
                                   "CASTNET_FAULT_FOLDER=" + places.stage.string(),
                                   "CASTNET_FAULT_PROGRAM=" + scenario.program,
                                   "CASTNET_FAULT_RECORD=" + places.record.string()} +
                             fault + places.environment},
             places.scratch);
}

std::vector<Scenario> make_scenarios(const Places& places, const std::string& only) {
  const std::vector<std::pair<std::string, std::function<Scenario(Maker&)>>> all = {
      {"train", &Maker::train},     {"resume", &Maker::resume},     {"replace", &Maker::replace},
      {"castnet", &Maker::castnet}, {"compare", &Maker::compare},   {"trainers", &Maker::trainers},
      {"report", &Maker::report},   {"generate", &Maker::generate}, {"compile", &Maker::compile}};
  Maker maker(places);
  std::vector<Scenario> scenarios;
  for (const auto& [name, make] : all) {
    if (!only.empty() && only != name) continue;
    scenarios.push_back(make(maker));
    measure(places, scenarios.back());
  }
  if (scenarios.empty()) throw std::runtime_error("there is no scenario '" + only + "'");
  return scenarios;
}

}  // namespace castnet::endurance
