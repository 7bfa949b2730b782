// Runs several programs side by side, with their output in one stream.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace castnet::codegen {

/// A program to run. Its output goes to standard error, with `label` before each line, and into the
/// file `log`.
struct Job {
  std::string label;
  std::vector<std::string> command;
  int program_folder = -1;    ///< the folder for start()
  std::filesystem::path log;  ///< its folder is created
  bool append = false;        ///< whether to append to the log
};

inline constexpr int kNotStarted = -1;

struct JobsResult {
  bool interrupted = false;
  std::vector<int> statuses;  ///< of each job: the result of wait_for(), or kNotStarted
};

/// Runs the jobs in order, at most `most` at a time, until they end. SIGINT, SIGTERM and SIGHUP are
/// passed on to all running jobs. After such a signal no job is started, and the running ones are
/// waited for. Throws std::system_error if a job cannot be started; the running jobs are ended
/// then.
JobsResult run_jobs(const std::vector<Job>& jobs, unsigned most);

}  // namespace castnet::codegen
