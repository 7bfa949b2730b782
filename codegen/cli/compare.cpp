// castnet compare: trains specs and variants side by side, and shows them over each other.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "castnet_shared/file.hpp"
#include "castnet_shared/folder.hpp"
#include "experiments/budget.hpp"
#include "experiments/identities.hpp"
#include "experiments/jobs.hpp"
#include "experiments/match.hpp"
#include "experiments/only_wrong.hpp"
#include "experiments/outcome.hpp"
#include "experiments/ready.hpp"
#include "experiments/record.hpp"
#include "experiments/trainer.hpp"
#include "experiments/variants.hpp"
#include "experiments/wait.hpp"
#include "ir/words.hpp"
#include "runs/terminal_text.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTailLines = 10;

/// How the spec itself is called where no name was given: by its norm if the variants have others.
std::string base_label(const std::vector<Loaded>& all) {
  const std::string_view norm = norm_word(all.front().spec);
  const auto differs = [&](const Loaded& one) {
    return one.spec.variant != norm && norm_word(one.spec) != norm;
  };
  const bool unique = all.size() > 1 && std::all_of(all.begin() + 1, all.end(), differs);
  return unique ? std::string(norm) : "base";
}

/// The chosen variants of one file, or all.
bool add_file(const std::string& file, const Common& common, const CompareOptions& options,
              std::vector<Contender>& contenders) {
  const auto all = load_one(file, common);
  if (!all) return false;
  std::vector<std::string> chosen = options.variants;
  if (chosen.empty()) {
    for (const Loaded& one : *all) {
      chosen.push_back(one.spec.variant.empty() ? base_label(*all) : one.spec.variant);
    }
  }
  for (const std::string& name : chosen) {
    const Loaded* const found = find_variant(*all, name);
    if (!found) return false;
    const bool alone = common.specs.size() == 1;
    contenders.push_back(
        {.label = alone ? name : found->spec.name,
         .title = alone ? fmt::format("{} ({})", base_name(found->spec), name) : "",
         .loaded = *found,
         .sets = common.sets,
         .matched_layers = ""});
  }
  return true;
}

/// All contenders, each with a name and a program of its own; or nothing, and errors were printed.
std::optional<std::vector<Contender>> find_contenders(const Common& common,
                                                      const CompareOptions& options) {
  std::vector<Contender> contenders;
  for (const std::string& file : common.specs) {
    if (!add_file(file, common, options, contenders)) return {};
  }
  std::set<std::string> names;
  for (const Contender& contender : contenders) {
    if (names.insert(contender.loaded.spec.name).second) continue;
    fmt::print(stderr, "castnet compare: error: '{}' is given twice\n", contender.loaded.spec.name);
    return {};
  }
  return contenders;
}

bool within_budgets(const std::vector<Contender>& contenders) {
  bool fine = true;
  for (const Contender& contender : contenders) {
    fine = within_budget(contender.loaded, {"cpu"}) && fine;
  }
  return fine;
}

/// A contender's trainer; null where it could not start, or the compiler refused it: both say
/// why.
std::unique_ptr<const Program> trainer_of(const Contender& contender, const Common& common,
                                          const CompareOptions& options) {
  const Target& target = target_named("cpu");
  if (const auto reason = why_not_ready(contender.loaded, target, options.data)) {
    fmt::print(stderr, "castnet: {}: {}\n", contender.label, *reason);
    return {};
  }
  return build_trainer(contender, common);
}

/// The trainers of contenders that have runs to train, compiled side by side.
std::vector<std::unique_ptr<const Program>> build_trainers(const std::vector<Contender>& contenders,
                                                           const std::set<std::size_t>& wanted,
                                                           const Common& common,
                                                           const CompareOptions& options,
                                                           unsigned jobs) {
  std::vector<std::unique_ptr<const Program>> trainers(contenders.size());
  std::vector<std::exception_ptr> failures(contenders.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < contenders.size();) {
      if (!wanted.contains(i)) continue;
      try {
        trainers[i] = trainer_of(contenders[i], common, options);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < jobs && i < contenders.size(); ++i) workers.emplace_back(work);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return trainers;
}

/// How many trainings at a time, and the threads of each.
struct Share {
  unsigned jobs;
  unsigned threads;
};

Share share(const CompareOptions& options, std::size_t runs) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const unsigned jobs = options.jobs > 0      ? options.jobs
                        : options.threads > 0 ? std::max(1U, cores / options.threads)
                                              : cores;
  const auto used = static_cast<unsigned>(std::clamp<std::size_t>(runs, 1, jobs));
  return {jobs, options.threads > 0 ? options.threads : std::max(1U, cores / used)};
}

Job job_of(const PlannedRun& run, const Contender& contender, const Program& trainer,
           const CompareOptions& options, unsigned threads) {
  const bool resume = run.state == RunState::half_done;
  std::vector<std::string> command{trainer.path().string(),
                                   "--spec-file",
                                   spec_copy(contender.loaded, trainer).string(),
                                   "--out",
                                   run.folder,
                                   "--seed",
                                   std::to_string(run.seed),
                                   "--threads",
                                   std::to_string(threads)};
  if (!contender.title.empty()) command.insert(command.end(), {"--title", contender.title});
  if (options.data) command.insert(command.end(), {"--data", *options.data});
  if (resume) command.emplace_back("--resume");
  if (run.grad_cam) command.emplace_back("--grad-cam");
  return {run.label, std::move(command), trainer.folder.descriptor(), run.log(), resume};
}

/// The last lines of a run's log.
std::string end_of_log(const Folder& out, const Contender& contender, const PlannedRun& run) {
  constexpr std::uint64_t kMostBytes = 16384;
  std::string text;
  try {
    const auto folder = find_run(out, contender, run);
    if (folder) text = folder->read_end(kLog, kMostBytes);
  } catch (const FileError& error) {
    return fmt::format("{}\n", error.what());
  }
  std::size_t begin = text.size();
  for (std::size_t lines = 0; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && begin < text.size() && ++lines == kTailLines) break;
  }
  return on_terminal(text.substr(begin), kMostBytes);
}

void report_failure(const PlannedRun& run, const std::string& log, int status) {
  const std::string what = status == 0
                               ? fmt::format("left no finished run in {}", run.folder.string())
                               : fmt::format("failed with status {}", status);
  fmt::print(stderr, "castnet: {} {}; the end of {}:\n{}", run.label, what, run.log().string(),
             log);
}

/// Trains what is not finished, and updates the states.
struct Trained {
  bool interrupted = false;
  std::size_t failed = 0;
};

Trained train_all(const Folder& out, const Common& common, const CompareOptions& options,
                  const std::vector<Contender>& contenders, std::vector<PlannedRun>& runs) {
  const auto finished =
      static_cast<std::size_t>(std::ranges::count(runs, RunState::finished, &PlannedRun::state));
  const Share split = share(options, runs.size() - finished);
  fmt::print(stderr, "castnet: {}, {} finished before; {} at a time\n",
             counted(runs.size(), "training"), finished, split.jobs);
  if (finished == runs.size()) return {};
  std::set<std::size_t> wanted;
  for (const PlannedRun& run : runs) {
    if (run.state != RunState::finished) wanted.insert(run.contender);
    if (run.state != RunState::other) continue;
    fmt::print(stderr, "castnet: {}: the run in {} is of {}; it is trained anew and replaced\n",
               run.label, run.folder.string(), run.differs);
  }
  const auto trainers = build_trainers(contenders, wanted, common, options, split.jobs);
  std::vector<Job> jobs;
  std::vector<PlannedRun*> owners;
  Trained trained;
  for (PlannedRun& run : runs) {
    if (run.state == RunState::finished) continue;
    if (!trainers[run.contender]) {
      fmt::print(stderr, "castnet: {} failed: it has no trainer, as told above\n", run.label);
      ++trained.failed;
      continue;
    }
    jobs.push_back(
        job_of(run, contenders[run.contender], *trainers[run.contender], options, split.threads));
    owners.push_back(&run);
  }
  const JobsResult result = run_jobs(jobs, split.jobs);
  trained.interrupted = result.interrupted;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Contender& contender = contenders[owners[i]->contender];
    look_at(*owners[i], out, contender, nlohmann::json::object());
    const int status = result.statuses[i];
    if ((status == 0 && owners[i]->state == RunState::finished) || status == kNotStarted ||
        (result.interrupted && status == kInterrupted)) {
      continue;
    }
    report_failure(*owners[i], end_of_log(out, contender, *owners[i]), status);
    ++trained.failed;
  }
  return trained;
}

bool is_finished(const PlannedRun& run) { return run.state == RunState::finished; }

CompareRecord record_of(const std::vector<Contender>& contenders,
                        const std::vector<PlannedRun>& runs, double target) {
  CompareRecord record{target, {}};
  for (const Contender& contender : contenders) record.variants.push_back({contender.label, {}});
  for (const PlannedRun& run : runs) record.variants[run.contender].seeds.push_back(run.seed);
  return record;
}

}  // namespace

int compare(const Common& common, const CompareOptions& options) {
  auto contenders = find_contenders(common, options);
  if (!contenders) return kBadInput;
  if (options.match && !match_contenders(*contenders, common, *options.match)) return kBadInput;
  if (!within_budgets(*contenders)) return kCheckFailed;
  const Folder out(options.out.value_or(
      fmt::format("runs/{}-compare", base_name(contenders->front().loaded.spec))));
  if (!out.lock()) {
    throw std::runtime_error(fmt::format(
        "another castnet compare is writing in {}; wait for it, or give another folder with --out",
        out.path().string()));
  }
  const std::vector<std::string> earlier = recorded_files(out);
  std::vector<PlannedRun> runs = plan_runs(*contenders, options, out.path());
  wait_for_writers(runs);
  const auto identities = ask_identities(*contenders, runs, out, common, options);
  for (PlannedRun& run : runs) {
    look_at(run, out, (*contenders)[run.contender], identities[run.contender]);
  }
  if (!std::ranges::all_of(runs, is_finished)) remove_files(out, earlier);
  write_record(out, record_of(*contenders, runs, options.target));
  const Trained trained = train_all(out, common, options, *contenders, runs);
  if (trained.interrupted) {
    fmt::print(stderr, "castnet: interrupted; the same command continues in {}\n",
               out.path().string());
    return kInterrupted;
  }
  CompareOutcome outcome{out, options.target, *contenders, finished_runs(runs, *contenders)};
  const bool drawn = show_only_wrong(outcome, common, options);
  write_report(outcome, earlier);
  fmt::print("{}pictures: {}/loss.png {}/accuracy.png\n", to_text(rows_of(outcome), options.target),
             out.path().string(), out.path().string());
  return trained.failed == 0 && drawn ? kFine : kRunFailed;
}

}  // namespace castnet::codegen
