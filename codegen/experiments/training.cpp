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

/// A variant's trainer; null if it could not start or did not compile. A message has given the
/// reason.
std::unique_ptr<const Program> trainer_of(const Variant& variant, const CompareOptions& options) {
  const Target& target = target_named(options.build.target);
  if (const auto reason = why_not_ready(variant.loaded, target, options.data)) {
    fmt::print(stderr, "castnet: {}: {}\n", variant.label, *reason);
    return {};
  }
  return build_trainer(variant, options);
}

/// The trainers of variants that have tasks to train, compiled side by side.
std::vector<std::unique_ptr<const Program>> build_trainers(const std::vector<Variant>& variants,
                                                           const std::set<std::size_t>& wanted,
                                                           const CompareOptions& options,
                                                           unsigned jobs) {
  std::vector<std::unique_ptr<const Program>> trainers(variants.size());
  std::vector<std::exception_ptr> failures(variants.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < variants.size();) {
      if (!wanted.contains(i)) continue;
      try {
        trainers[i] = trainer_of(variants[i], options);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < jobs && i < variants.size(); ++i) workers.emplace_back(work);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return trainers;
}

/// The number of trainings at a time, and of threads for each.
struct Share {
  unsigned jobs;
  unsigned threads;
};

Share share(const CompareOptions& options, std::size_t tasks) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const bool on_gpu = !target_named(options.build.target).on_host && !options.build.host;
  const unsigned jobs = options.jobs > 0      ? options.jobs
                        : on_gpu              ? 1
                        : options.threads > 0 ? std::max(1U, cores / options.threads)
                                              : cores;
  const auto used = static_cast<unsigned>(std::clamp<std::size_t>(tasks, 1, jobs));
  return {jobs, options.threads > 0 ? options.threads : std::max(1U, cores / used)};
}

Job job_of(const Task& task, const Variant& variant, const Program& trainer,
           const CompareOptions& options, unsigned threads) {
  const bool resume = task.state == RunState::half_done;
  std::vector<std::string> command{trainer.path().string(),
                                   "--spec-file",
                                   spec_copy(variant.loaded, trainer).string(),
                                   "--out",
                                   task.folder,
                                   "--seed",
                                   std::to_string(task.seed),
                                   "--threads",
                                   std::to_string(threads)};
  if (!variant.title.empty()) command.insert(command.end(), {"--title", variant.title});
  if (options.data) command.insert(command.end(), {"--data", *options.data});
  if (resume) command.emplace_back("--resume");
  if (task.grad_cam) command.emplace_back("--grad-cam");
  return {task.label, std::move(command), trainer.folder.descriptor(), task.log(), resume};
}

/// The last lines of a task's log.
std::string end_of_log(const Folder& out, const Variant& variant, const Task& task) {
  constexpr std::uint64_t kMostBytes = 16384;
  std::string text;
  try {
    const auto folder = find_run(out, variant, task);
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

void report_failure(const Task& task, const std::string& log, int status) {
  const std::string what = status == 0
                               ? fmt::format("left no finished run in {}", task.folder.string())
                               : fmt::format("failed with status {}", status);
  fmt::print(stderr, "castnet: {} {}; the end of {}:\n{}", task.label, what, task.log().string(),
             log);
}

}  // namespace

void wait_for_writers(const std::vector<Task>& tasks) {
  for (const Task& task : tasks) {
    if (!std::filesystem::is_directory(task.folder)) continue;
    const Folder folder(task.folder);
    bool told = false;
    while (!folder.lock()) {
      if (!told) {
        fmt::print(stderr, "castnet: {}: waiting for another training that writes into {}\n",
                   task.label, task.folder.string());
      }
      told = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

Trained train_all(const Folder& out, const CompareOptions& options,
                  const std::vector<Variant>& variants, std::vector<Task>& tasks) {
  const auto finished =
      static_cast<std::size_t>(std::ranges::count(tasks, RunState::finished, &Task::state));
  const Share split = share(options, tasks.size() - finished);
  fmt::print(stderr, "castnet: {}, {} finished before; {} at a time\n",
             counted(tasks.size(), "training"), finished, split.jobs);
  if (finished == tasks.size()) return {};
  std::set<std::size_t> wanted;
  for (const Task& task : tasks) {
    if (task.state != RunState::finished) wanted.insert(task.variant);
    if (task.state != RunState::other) continue;
    fmt::print(stderr, "castnet: {}: the run in {} is of {}; it is trained anew and replaced\n",
               task.label, task.folder.string(), task.differs);
  }
  const auto trainers = build_trainers(variants, wanted, options, split.jobs);
  std::vector<Job> jobs;
  std::vector<Task*> owners;
  Trained trained;
  for (Task& task : tasks) {
    if (task.state == RunState::finished) continue;
    if (!trainers[task.variant]) {
      fmt::print(stderr, "castnet: {} failed: it has no trainer, as reported above\n", task.label);
      ++trained.failed;
      continue;
    }
    jobs.push_back(
        job_of(task, variants[task.variant], *trainers[task.variant], options, split.threads));
    owners.push_back(&task);
  }
  const JobsResult result = run_jobs(jobs, split.jobs);
  trained.interrupted = result.interrupted;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Variant& variant = variants[owners[i]->variant];
    look_at(*owners[i], out, variant, nlohmann::json::object());
    const int status = result.statuses[i];
    if ((status == 0 && owners[i]->state == RunState::finished) || status == kNotStarted ||
        (result.interrupted && status == kInterrupted)) {
      continue;
    }
    report_failure(*owners[i], end_of_log(out, variant, *owners[i]), status);
    ++trained.failed;
  }
  return trained;
}

}  // namespace castnet::codegen
