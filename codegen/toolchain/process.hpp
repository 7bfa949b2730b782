// Other programs: started, waited for, become. Where the environment does not say how OpenMP's
// threads wait for one another, they spin for some microseconds only, then sleep: on a machine that
// others use, spinning threads take the time of those that they wait for (docs/performance.md).
#pragma once

#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace castnet::codegen {

/// How a child is started. Folders are open descriptors.
struct StartOptions {
  int output = STDOUT_FILENO;            ///< becomes its standard output
  int errors = STDERR_FILENO;            ///< becomes its standard error
  int program_folder = -1;               ///< holds the program; -1: it is looked for in PATH
  int work_folder = -1;                  ///< its current folder; -1: castnet's
  std::vector<std::string> environment;  ///< NAME=VALUE, instead of castnet's
  const sigset_t* mask = nullptr;        ///< the signals that it blocks; null: as castnet does
  bool own_group = false;                ///< of processes: a terminal's Ctrl-C does not reach it
  /// A group of its own, which is killed if castnet ends before: a compiler has children that would
  /// not end with it. The child is then a guard that ends with the program's status.
  bool guarded = false;
};

/// Starts a program. From `program_folder` it is taken by the last name of `arguments[0]`, a link
/// is not followed. Its standard input is empty. It does not outlive castnet: when the thread that
/// called this ends, even by SIGKILL, the program gets SIGTERM. Throws std::system_error.
pid_t start(const std::vector<std::string>& arguments, const StartOptions& options = {});

/// Waits until the child has ended: its exit status, or 128 and the signal that ended it, as shells
/// say. Throws std::system_error.
int wait_for(pid_t child);

/// Runs the program to its end: what it printed to standard output, or nothing if its status is not
/// 0. Its messages are dropped. Throws std::system_error.
std::optional<std::string> output_of(const std::vector<std::string>& arguments,
                                     int program_folder = -1);

/// Becomes the program of this folder, as start() takes it. Throws std::system_error if that fails.
[[noreturn]] void become(const std::vector<std::string>& arguments, int program_folder);

}  // namespace castnet::codegen
