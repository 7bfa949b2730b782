// Ctrl-C as a request that the training loop can ask for.
#pragma once

#include <csignal>

namespace castnet {

/// While one exists, the first SIGINT or SIGTERM only sets a flag; the second ends the program as
/// usual. Restores the previous handlers at its end. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static bool requested();

 private:
  struct sigaction previous_interrupt_ {};
  struct sigaction previous_terminate_ {};
};

}  // namespace castnet
