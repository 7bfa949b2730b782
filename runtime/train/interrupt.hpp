// Ctrl-C as a request that the training loop can ask for.
#pragma once

#include <array>
#include <csignal>

namespace castnet {

/// While one exists, the first SIGINT or SIGTERM only sets a flag; the second ends the program as
/// usual. So does each SIGHUP, of a closed terminal, unless it is ignored, as nohup has it.
/// Restores the previous handlers at its end. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static bool requested();

 private:
  std::array<struct sigaction, 3> previous_{};
};

}  // namespace castnet
