#include "child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace castnet::endurance {
namespace {

using std::chrono::microseconds;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kLongest{2};
constexpr std::chrono::seconds kGrace{2};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

sigset_t child_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return set;
}

/// In a process group of its own, with its output in a file.
pid_t start(const Command& command, const std::filesystem::path& output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> environment = command.environment;
  for (char** own = environ; *own; ++own) environment.emplace_back(*own);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, command.arguments.front().c_str(), &actions, &attributes,
                                  pointers(command.arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    throw std::system_error(failed, std::generic_category(), command.arguments.front());
  }
  return child;
}

/// Waits until a child ends or the time has come.
void wait_until(Clock::time_point time) {
  const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(time - Clock::now());
  if (left.count() <= 0) return;
  const sigset_t set = child_signal();
  const timespec limit{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  sigtimedwait(&set, nullptr, &limit);
}

/// Ends the orphans that are still there after a while, and counts them.
int end_orphans() {
  const Clock::time_point end = Clock::now() + kGrace;
  int killed = 0;
  for (;;) {
    const pid_t ended = waitpid(-1, nullptr, killed > 0 ? 0 : WNOHANG);
    if (ended < 0 && errno != EINTR) return killed;
    if (ended != 0) continue;
    if (Clock::now() < end) {
      wait_until(std::min(end, Clock::now() + std::chrono::milliseconds(50)));
      continue;
    }
    std::ifstream children("/proc/thread-self/children");
    for (pid_t child; children >> child; ++killed) kill(child, SIGKILL);
  }
}

}  // namespace

void adopt_orphans() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    throw std::system_error(errno, std::generic_category(), "prctl");
  }
}

Ending run(const Command& command, const std::filesystem::path& scratch) {
  const Clock::time_point begin = Clock::now();
  const Clock::time_point limit = begin + kLongest;
  const sigset_t set = child_signal();
  sigprocmask(SIG_BLOCK, &set, nullptr);  // as sigtimedwait takes it
  const pid_t child = start(command, scratch);
  Ending ending;
  bool sent = !command.signal;
  for (int status = 0;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) {
      ending.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    const Clock::time_point now = Clock::now();
    if (!sent && now >= begin + command.signal->after) {
      kill(command.signal->to_group ? -child : child, command.signal->number);
      sent = true;
    }
    if (now >= limit) {
      ending.timed_out = true;
      kill(-child, SIGKILL);
    }
    wait_until(sent ? limit : begin + command.signal->after);
  }
  ending.took = std::chrono::duration_cast<microseconds>(Clock::now() - begin);
  ending.left = end_orphans();
  std::ifstream output(scratch, std::ios::binary);
  ending.output = {std::istreambuf_iterator<char>(output), {}};
  return ending;
}

}  // namespace castnet::endurance
