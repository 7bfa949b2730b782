#include "train/trainer_main.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "castnet_shared/exit_status.hpp"
#include "castnet_shared/file.hpp"
#include "core/threads.hpp"
#include "data/data_set.hpp"
#include "report/report.hpp"
#include "run/checkpoint.hpp"
#include "run/early_stopping.hpp"
#include "run/epoch_writer.hpp"
#include "run/resume.hpp"
#include "run/run_directory.hpp"
#include "train/grad_cam.hpp"
#include "train/initialise.hpp"
#include "train/interrupt.hpp"
#include "train/loop.hpp"
#include "train/messages.hpp"
#include "train/profile.hpp"
#include "train/replay.hpp"
#include "train/shown_images.hpp"
#include "train/start.hpp"
#include "train/trainer_options.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

/// Options that do not go with this program.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// To standard output, whose errors `check_said` tells of: they must not cut a run's end short.
void say(const std::string& result) { std::fputs(result.c_str(), stdout); }

void check_said() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw std::runtime_error("standard output did not take all of the results");
}

/// One use of a trainer: the program and its data.
class Trainer {
 public:
  Trainer(Program& program, Split split, const TrainerOptions& options)
      : program_(program),
        options_(options),
        progress_(Progress::detect(options.quiet)),
        split_(std::move(split)) {
    progress_.message(fmt::format("data: {} from {}: {} training and {} {} images, sha256 {:.12}",
                                  split_.name, split_.source, split_.train.size(),
                                  split_.test.size(), evaluated_word(split_), split_.sha256));
  }

  int train();
  int evaluate_checkpoint();
  int profile();
  int show();
  int identify();
  int replay();

 private:
  RunIdentity identity(const FoundRun& found) const;
  void prepare();
  std::string name() const {
    return options_.title.empty() ? network_title(program_.info()) : options_.title;
  }
  std::string title() const { return fmt::format("{} on {}", name(), split_.name); }
  RunFacts facts(const RunDirectory& directory) const;
  void start(RunDirectory& directory, const FoundRun& found, const RunFacts& facts,
             const RunIdentity& identity, TrainingLoop& loop);
  int run(RunDirectory& directory, const RunFacts& facts, const RunIdentity& identity,
          TrainingLoop& loop, EpochWriter& writer);
  void load_shown_weights();
  int finish(RunDirectory& directory, const RunFacts& facts, const RunIdentity& identity,
             TrainingLoop& loop);

  Program& program_;
  const TrainerOptions& options_;
  Progress progress_;
  Split split_;
  Notes device_;
};

void Trainer::prepare() {
  if (auto* elsewhere = dynamic_cast<Accelerated*>(&program_)) device_ = elsewhere->prepare();
}

/// Seed and epochs: what the command line says, else what the run there had, else the recipe's. A
/// run without a state binds nobody who comes with another spec.
RunIdentity Trainer::identity(const FoundRun& found) const {
  const ProgramInfo& info = program_.info();
  RunIdentity identity{.name = info.name,
                       .variant = info.variant,
                       .spec_sha256 = info.spec_sha256,
                       .data_sha256 = split_.sha256,
                       .seed = info.recipe.seed,
                       .epochs = info.recipe.epochs};
  if (found.state || (found.identity && found.identity->spec_sha256 == info.spec_sha256)) {
    identity.seed = found.identity->seed;
    identity.epochs = found.identity->epochs;
  }
  identity.seed = options_.seed.value_or(identity.seed);
  identity.epochs = options_.epochs.value_or(identity.epochs);
  return identity;
}

RunFacts Trainer::facts(const RunDirectory& directory) const {
  const ProgramInfo& info = program_.info();
  const auto record = directory.record();
  const bool same = record && record->identity.spec_sha256 == info.spec_sha256;
  return {.info = &info,
          .split = &split_,
          .title = name(),
          .spec_text = options_.spec_file.empty() ? (same ? record->spec_text : "")
                                                  : read_file(options_.spec_file),
          .normalisation = normalisation_of(info, split_.train),
          .threads = thread_count(),
          .device = device_};
}

int Trainer::finish(RunDirectory& directory, const RunFacts& facts, const RunIdentity& identity,
                    TrainingLoop& loop) {
  const TrainingState& state = loop.state();
  if (watches(program_.info().recipe.early_stopping)) {
    load_best(directory.read_best(), program_, state, directory.best().string());
  }
  // Again, in case the run was resumed and an earlier end was cut short before these files.
  directory.write_metrics(title(), split_, state);
  const Evaluation evaluation = loop.evaluate_test();
  const auto worst = worst_errors(program_, split_, facts.normalisation, evaluation);
  const EpochRow& epoch = reported_epoch(program_.info().recipe.early_stopping, state);
  const std::string heading = fmt::format("{} after epoch {}", title(), epoch.epoch);
  directory.write_reports(heading, split_, evaluation, worst);
  if (options_.grad_cam) {
    directory.write_grad_cam(heading, split_, worst,
                             heat_maps(program_, split_, facts.normalisation, worst, heading));
  }
  directory.write_run_json({"finished"}, facts, identity, state);
  say(summary(facts, identity, state, directory.path(), options_.grad_cam));
  return 0;
}

/// Starts from the saved state or from the beginning. In the latter case the folder becomes this
/// run's.
void Trainer::start(RunDirectory& directory, const FoundRun& found, const RunFacts& facts,
                    const RunIdentity& identity, TrainingLoop& loop) {
  const Notes build = build_of(program_.info(), device_);
  if (found.state) {
    const std::string file = directory.last().string();
    TrainingState state = load_state(*found.state, program_, identity, file);
    state.builds = continued_builds(state, build, options_.allow_other_build, file);
    loop.restore(std::move(state));
    for (const std::string& name : found.changed) {
      progress_.warning(fmt::format("{} was changed since the run ended; it is made again",
                                    (directory.path() / name).string()));
    }
    directory.resume(facts, identity, loop.state());
    progress_.message(fmt::format(
        "{} step {} of {}{}",
        loop.finished() ? "the training was complete after" : "resuming after", loop.state().step,
        loop.length().steps(), loop.finished() ? ": making the reports again" : ""));
    return;
  }
  if (options_.resume) {
    progress_.message(
        fmt::format("{} holds no saved state: starting a new run", directory.path().string()));
  } else if (directory.holds_run()) {
    progress_.message(fmt::format("replacing the run in {}", directory.path().string()));
  }
  loop.restore({.builds = {{1, build}}});
  directory.begin(facts, identity, loop.state());
  initialise(program_, identity.seed);
}

int Trainer::run(RunDirectory& directory, const RunFacts& facts, const RunIdentity& identity,
                 TrainingLoop& loop, EpochWriter& writer) {
  const InterruptGuard guard;
  const auto state = [&] { return serialise(state_file(program_, identity, loop.state())); };
  const auto best = [&] { return serialise(weights_file(program_, identity)); };
  const LoopEvents events{
      .stop = InterruptGuard::requested, .epoch_done = [&](const TrainingState& now, bool is_best) {
        writer.put({now, state(), is_best ? std::optional(best()) : std::nullopt});
      }};
  const bool all = loop.run(events);
  writer.flush();
  if (all) return finish(directory, facts, identity, loop);
  directory.write_state(state(), facts, identity, loop.state());
  directory.write_run_json({"interrupted"}, facts, identity, loop.state());
  progress_.message(fmt::format("interrupted after step {} of {}; {} saved, continue with --resume",
                                loop.state().step, loop.length().steps(),
                                directory.last().string()));
  return kInterrupted;
}

int Trainer::train() {
  RunDirectory directory(options_.out.value_or(fs::path("runs") / program_.info().name));
  const FoundRun found = options_.resume ? find_run(directory) : FoundRun{};
  const RunIdentity identity = this->identity(found);
  if (found.failed_by_loss && found.identity == identity) progress_.warning(kFailsAgain);
  prepare();
  TrainingLoop loop(program_, split_, identity, progress_);
  const RunFacts facts = this->facts(directory);
  start(directory, found, facts, identity, loop);
  EpochWriter writer([&](const EpochFiles& files) {
    if (files.best) directory.write_best(*files.best);
    directory.write_metrics(title(), split_, files.state);
    // The last: whatever it says is finished has been written.
    directory.write_state(files.last, facts, identity, files.state);
  });
  try {
    return run(directory, facts, identity, loop, writer);
  } catch (const std::exception& error) {
    const bool by_loss = dynamic_cast<const NonFiniteLoss*>(&error) != nullptr;
    try {
      writer.flush();
      directory.write_run_json({"failed", error.what(), by_loss}, facts, identity, loop.state());
    } catch (const std::exception&) {
      // A full disk may take neither: the first error is the one to tell.
    }
    rethrow_with_rest(directory.last(), directory.saved());
  }
}

int Trainer::evaluate_checkpoint() {
  load_weights(read_checkpoint(options_.checkpoint), program_, options_.checkpoint.string());
  prepare();
  Evaluation result(split_.test.size());
  make_engine(program_, split_)->evaluate({}, result);
  if (!std::isfinite(result.loss)) {
    throw NonFiniteLoss(fmt::format("the {} loss is {} with the weights of {}",
                                    evaluated_word(split_), unsigned_nan(result.loss),
                                    options_.checkpoint.string()));
  }
  say(fmt::format("{0} loss {1:.6f}, {0} accuracy {2:.2f} % ({3} of {4})\n", evaluated_word(split_),
                  result.loss, result.accuracy(), result.correct, split_.test.size()));
  return 0;
}

int Trainer::profile() {
  constexpr int kSteps = 30;
  initialise(program_, program_.info().recipe.seed);
  say(to_text(measure_profile(program_, split_, kSteps)));
  return 0;
}

/// The weights of --weights, or else those that the list's run reports.
void Trainer::load_shown_weights() {
  const bool best = watches(program_.info().recipe.early_stopping);
  const fs::path file = options_.weights.value_or(
      options_.show.parent_path() / (best ? RunDirectory::kBest : RunDirectory::kLast));
  if (!fs::exists(file)) {
    throw CheckpointError(
        fmt::format("there is no checkpoint '{}'; name one with --weights", file.string()));
  }
  load_weights(read_checkpoint(file), program_, file.string());
}

int Trainer::show() {
  const std::string file = options_.show.string();
  std::vector<report::Prediction> list;
  try {
    list = report::parse_predictions(read_file(options_.show));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", file, error.what()));
  }
  for (const report::Prediction& one : list) {
    if (one.index < split_.test.size()) continue;
    throw std::runtime_error(fmt::format("{}: there is no {} image {}, only {}", file,
                                         evaluated_word(split_), one.index, split_.test.size()));
  }
  list.resize(std::min(list.size(), kGridColumns * kGridRows));
  std::vector<HeatMap> maps;
  if (options_.grad_cam) {
    load_shown_weights();
    const Normalisation normalisation = normalisation_of(program_.info(), split_.train);
    maps = heat_maps(program_, split_, normalisation, list, file);
  }
  write_file(options_.out.value_or("images.png"),
             predictions_png(options_.heading, "there is none", split_, list, maps));
  return 0;
}

int Trainer::identify() {
  prepare();
  say(identity_json(program_.info(), split_, identity({}), device_));
  return 0;
}

int Trainer::replay() {
  const ReplayedRun run = read_replayed(options_.replay);
  const EpochRange range = parse_epochs(options_.replayed_epochs, run.rows.size());
  prepare();
  const std::string differences = why_other_run(run.record, identity({}));
  if (!differences.empty()) {
    throw MismatchError(fmt::format("cannot replay {}: {}", options_.replay.string(), differences));
  }
  const Notes build = build_of(program_.info(), device_);
  for (const BuildSpan& span : run.record.builds) {
    const std::string other = what_differs(span.build, build);
    if (other.empty()) continue;
    progress_.warning(fmt::format("epochs from {} on were trained by another build ({})",
                                  span.from_epoch, other));
  }
  const InterruptGuard guard;
  const ReplayResult result =
      castnet::replay(program_, split_, run, range, progress_, InterruptGuard::requested);
  if (result.interrupted) return kInterrupted;
  if (!result.difference.empty()) {
    say(fmt::format("the first difference: {}\n", result.difference));
    return kCheckFailed;
  }
  say(fmt::format("epochs {} to {}: the same figures and weights, to the bit\n", range.first,
                  range.last));
  return 0;
}

int run(const TrainerOptions& options, const ProgramInfo& info,
        std::unique_ptr<Program> (*make)()) {
  if (options.threads > 0) set_thread_count(options.threads);
  if (options.threads > thread_count()) {
    fmt::print(stderr, "built without OpenMP: one thread, not {}\n", options.threads);
  }
  if (options.grad_cam) {
    if (const auto reason = why_no_grad_cam(info)) throw UsageError("--grad-cam: " + *reason);
  }
  Split split = load_for(info, options.data);  // before the program takes its memory
  const std::unique_ptr<Program> program = make();
  Trainer trainer(*program, std::move(split), options);
  if (options.identity) return trainer.identify();
  if (options.profile) return trainer.profile();
  if (!options.replay.empty()) return trainer.replay();
  if (!options.show.empty()) return trainer.show();
  return options.checkpoint.empty() ? trainer.train() : trainer.evaluate_checkpoint();
}

int fail(int status, std::string_view problem) {
  std::fputs(fmt::format("error: {}\n", problem).c_str(), stderr);
  return status;
}

}  // namespace

int trainer_main(int argc, char** argv, const ProgramInfo& info,
                 std::unique_ptr<Program> (*make)()) {
  // A reader that has gone must not end a training; a file too large is an error as a full disk is.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  CLI::App app{"Trains one network, generated by castnet."};
  TrainerOptions options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadInput;
  }
  try {
    const int status = run(options, info, make);
    check_said();
    return status;
  } catch (const UsageError& error) {
    return fail(kBadInput, error.what());
  } catch (const MismatchError& error) {
    return fail(kCheckFailed, error.what());
  } catch (const CheckpointError& error) {
    return fail(kCheckFailed, error.what());
  } catch (const FileError& error) {
    return fail(kRunFailed, with_advice(error, "--out"));
  } catch (const std::bad_alloc&) {
    return fail(kRunFailed, out_of_memory(info));
  } catch (const std::exception& error) {
    return fail(kRunFailed, error.what());
  }
}

}  // namespace castnet
