// Other programs: started, waited for, become. Where the environment does not say how OpenMP's
// threads wait for one another, they spin for some microseconds only, then sleep: on a machine that
// others use, spinning threads take the time of those that they wait for (docs/performance.md).
#pragma once

#include <spawn.h>

#include <optional>
#include <string>
#include <vector>

namespace castnet::codegen {

/// Starts the program `arguments[0]`, which is looked for in PATH. Throws std::system_error.
pid_t start(std::vector<std::string> arguments, const posix_spawn_file_actions_t* actions = nullptr,
            const posix_spawnattr_t* attributes = nullptr);

/// Waits until the child has ended: its exit status, or 128 and the signal that ended it, as shells
/// say. Throws std::system_error.
int wait_for(pid_t child);

/// Runs the program to its end: what it printed to standard output, or nothing if its status is not
/// 0. Its messages are dropped. Throws std::system_error.
std::optional<std::string> output_of(std::vector<std::string> arguments);

/// Becomes the program `arguments[0]`. Throws std::system_error if that fails.
[[noreturn]] void become(std::vector<std::string> arguments);

}  // namespace castnet::codegen
