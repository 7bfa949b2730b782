#include "experiments/training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>

#include "castnet_shared/exit_status.hpp"
#include "castnet_shared/file.hpp"
#include "castnet_shared/words.hpp"
#include "experiments/jobs.hpp"
#include "programs/ready.hpp"
#include "programs/trainer.hpp"
#include "runs/terminal_text.hpp"

namespace castnet::codegen {
namespace {

constexpr std::size_t kTailLines = 10;

/// A contender's trainer; null where it could not start, or the compiler refused it: both say
/// why.
std::unique_ptr<const Program> trainer_of(const Contender& contender,
                                          const CompareOptions& options) {
  const Target& target = target_named("cpu");
  if (const auto reason = why_not_ready(contender.loaded, target, options.data)) {
    fmt::print(stderr, "castnet: {}: {}\n", contender.label, *reason);
    return {};
  }
  return build_trainer(contender, options);
}

/// The trainers of contenders that have runs to train, compiled side by side.
std::vector<std::unique_ptr<const Program>> build_trainers(const std::vector<Contender>& contenders,
                                                           const std::set<std::size_t>& wanted,
                                                           const CompareOptions& options,
                                                           unsigned jobs) {
  std::vector<std::unique_ptr<const Program>> trainers(contenders.size());
  std::vector<std::exception_ptr> failures(contenders.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < contenders.size();) {
      if (!wanted.contains(i)) continue;
      try {
        trainers[i] = trainer_of(contenders[i], options);
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

}  // namespace

void wait_for_writers(const std::vector<PlannedRun>& runs) {
  for (const PlannedRun& run : runs) {
    if (!std::filesystem::is_directory(run.folder)) continue;
    const Folder folder(run.folder);
    bool told = false;
    while (!folder.lock()) {
      if (!told) {
        fmt::print(stderr, "castnet: {}: waiting for another training that writes into {}\n",
                   run.label, run.folder.string());
      }
      told = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

Trained train_all(const Folder& out, const CompareOptions& options,
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
  const auto trainers = build_trainers(contenders, wanted, options, split.jobs);
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

}  // namespace castnet::codegen
