// Starts other programs, waits for them, and becomes them. If the environment does not say how
// OpenMP's threads wait for one another, they spin only for some microseconds and then sleep. On a
// machine that others use, spinning threads take the time of the threads that they wait for
// (docs/performance.md).
#pragma once

#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace castnet::codegen {

/// Options for starting a child. Folders are open descriptors.
struct StartOptions {
  int output = STDOUT_FILENO;            ///< becomes its standard output
  int errors = STDERR_FILENO;            ///< becomes its standard error
  int program_folder = -1;               ///< holds the program; -1: it is looked for in PATH
  int work_folder = -1;                  ///< its current folder; -1: castnet's
  std::vector<std::string> environment;  ///< NAME=VALUE, instead of castnet's
  const sigset_t* mask = nullptr;        ///< the signals that it blocks; null: as castnet does
  bool own_group = false;  ///< whether it gets a process group of its own, which a terminal's
                           ///< Ctrl-C does not reach
  /// Whether the child gets a group of its own that is killed if castnet ends before it: a compiler
  /// has children that would not end with it. The child is then a guard that ends with the
  /// program's status.
  bool guarded = false;
};

/// Starts a program. In `program_folder` it is found by the last part of `arguments[0]`, and a link
/// is not followed. Its standard input is empty. It does not outlive castnet: when the calling
/// thread ends, even by SIGKILL, the program gets SIGTERM. Throws std::system_error.
pid_t start(const std::vector<std::string>& arguments, const StartOptions& options = {});

/// Waits until the child has ended. Returns its exit status, or 128 plus the signal that ended it,
/// as shells do. Throws std::system_error.
int wait_for(pid_t child);

/// Runs the program to its end. Returns its standard output, or nothing if its status is not 0. Its
/// messages are dropped. Throws std::system_error.
std::optional<std::string> output_of(const std::vector<std::string>& arguments,
                                     int program_folder = -1);

/// Becomes the program of this folder, which is found as in start(). Throws std::system_error if
/// that fails.
[[noreturn]] void become(const std::vector<std::string>& arguments, int program_folder);

}  // namespace castnet::codegen
