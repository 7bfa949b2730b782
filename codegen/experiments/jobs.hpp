// Several programs side by side, their output in one stream.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace castnet::codegen {

/// A program to run. What it prints goes to standard error, `label` before each line, and into the
/// file `log`.
struct Job {
  std::string label;
  std::vector<std::string> command;
  int program_folder = -1;    ///< as start() takes it
  std::filesystem::path log;  ///< its folder is made
  bool append = false;        ///< to the log
};

inline constexpr int kNotStarted = -1;

struct JobsResult {
  bool interrupted = false;
  std::vector<int> statuses;  ///< of each job, as wait_for() gives it, or kNotStarted
};

/// Runs the jobs in order, at most `most` at a time, to their ends. SIGINT, SIGTERM and SIGHUP are
/// handed on to all that run; none is started after that, and those that run are waited for. Throws
/// std::system_error if a job cannot be started; those that run are ended then.
JobsResult run_jobs(const std::vector<Job>& jobs, unsigned most);

}  // namespace castnet::codegen
