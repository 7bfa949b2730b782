// Turns Ctrl-C into a request that the training loop can check.
#pragma once

#include <array>
#include <csignal>

namespace castnet {

/// While an object exists, the first SIGINT or SIGTERM only sets a flag, and the second ends the
/// program as usual. A SIGHUP from a closed terminal does the same, unless it is ignored, as under
/// nohup. The destructor restores the previous handlers. Only one may exist at a time.
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
