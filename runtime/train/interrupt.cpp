#include "train/interrupt.hpp"

#include <atomic>
#include <cstddef>

namespace castnet {
namespace {

std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void set_flag(int) { flag = true; }

/// The signals that end a run, and whether a second one ends it at once. A terminal that closes may
/// send more than one SIGHUP.
struct Request {
  int signal;
  bool second_ends;
};
constexpr std::array<Request, 3> kRequests = {{{SIGINT, true}, {SIGTERM, true}, {SIGHUP, false}}};

}  // namespace

InterruptGuard::InterruptGuard() {
  flag = false;
  for (std::size_t i = 0; i < kRequests.size(); ++i) {
    const Request& request = kRequests[i];
    struct sigaction action {};
    action.sa_handler = set_flag;
    // SA_RESETHAND: the second signal finds the default action.
    action.sa_flags =
        static_cast<int>(request.second_ends ? SA_RESETHAND | SA_RESTART : SA_RESTART);
    sigemptyset(&action.sa_mask);
    sigaction(request.signal, nullptr, &previous_[i]);
    if (request.signal == SIGHUP && previous_[i].sa_handler == SIG_IGN) continue;  // nohup
    sigaction(request.signal, &action, nullptr);
  }
}

InterruptGuard::~InterruptGuard() {
  for (std::size_t i = 0; i < kRequests.size(); ++i) {
    sigaction(kRequests[i].signal, &previous_[i], nullptr);
  }
}

bool InterruptGuard::requested() { return flag; }

}  // namespace castnet
