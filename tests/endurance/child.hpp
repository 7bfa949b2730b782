// Programs that are started to be disturbed.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace castnet::endurance {

/// A signal that comes some time after the start.
struct Signal {
  int number = 0;
  std::chrono::microseconds after{0};
  bool to_group = false;  ///< as a terminal sends it; else to the process alone
};

struct Command {
  std::vector<std::string> arguments;         ///< the program first
  std::vector<std::string> environment = {};  ///< NAME=value, besides this process's own
  std::optional<Signal> signal = {};
};

/// How a command ended.
struct Ending {
  int status = 0;  ///< 128 + the signal that ended it
  bool timed_out = false;
  std::chrono::microseconds took{0};
  std::string output;  ///< standard output and error
  int left = 0;        ///< processes that outlived it by two seconds, and were killed then
};

/// Orphans become children of this process, so that run() sees them. Call it once, first.
void adopt_orphans();

/// Runs a command to its end, at most two minutes. `scratch` is a file for its output. Throws
/// std::system_error if it cannot be started.
Ending run(const Command& command, const std::filesystem::path& scratch);

}  // namespace castnet::endurance
