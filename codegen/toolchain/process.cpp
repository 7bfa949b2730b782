#include "toolchain/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <system_error>

#include "castnet_shared/file.hpp"

namespace castnet::codegen {
namespace {

[[noreturn]] void fail(int reason, const std::string& what) {
  throw std::system_error(reason, std::generic_category(), what);
}

/// A list of texts in C's form.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment(std::vector<std::string> changes) {
  if (!std::getenv("OMP_WAIT_POLICY") && !std::getenv("GOMP_SPINCOUNT")) {
    changes.emplace_back("GOMP_SPINCOUNT=1000");
  }
  std::vector<std::string> all = changes;
  for (char** one = environ; *one; ++one) {
    const std::string text = *one;
    const std::string name = text.substr(0, text.find('=') + 1);
    const auto replaces = [&](const std::string& change) { return change.starts_with(name); };
    if (std::ranges::none_of(changes, replaces)) all.push_back(text);
  }
  return all;
}

/// The arguments of exec, made before the fork: a child of a program with threads may not allocate.
class Execution {
 public:
  Execution(const std::vector<std::string>& arguments, int folder,
            const std::vector<std::string>& changes)
      : folder_(folder),
        arguments_(arguments),
        environment_(environment(changes)),
        argument_pointers_(pointers(arguments_)),
        environment_pointers_(pointers(environment_)) {
    const std::size_t slash = arguments_.front().rfind('/');
    name_ = folder < 0 ? arguments_.front() : arguments_.front().substr(slash + 1);
    in_folder_ = "/proc/self/fd/" + std::to_string(folder) + '/' + name_;
  }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  /// Returns only if that fails, with the reason in errno.
  void run() const {
    if (folder_ < 0) {
      execvpe(name_.c_str(), argument_pointers_.data(), environment_pointers_.data());
    } else {
      syscall(SYS_execveat, folder_, name_.c_str(), argument_pointers_.data(),
              environment_pointers_.data(), AT_SYMLINK_NOFOLLOW);
      // Emulators of other processors may lack this call.
      if (errno == ENOSYS) {
        execve(in_folder_.c_str(), argument_pointers_.data(), environment_pointers_.data());
      }
    }
  }

 private:
  int folder_;
  std::string name_;
  std::string in_folder_;  ///< its path through the open folder
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;
  std::vector<char*> argument_pointers_;
  std::vector<char*> environment_pointers_;
};

/// While an object exists, no signal is delivered.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

// The functions below run in a child between fork and exec. It may call only functions that signal
// handlers may call.

/// castnet's handlers would take the signals that arrive before the exec, and do nothing.
void reset_handlers() {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
  }
}

/// Makes the process get this signal when the parent ends. Ends at once if the parent has ended.
void end_with(pid_t parent, int signal) {
  prctl(PR_SET_PDEATHSIG, signal);
  if (getppid() != parent) _exit(128 + signal);
}

/// An open file would keep its lock as long as the guard lives.
void close_all() {
  if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0) return;
  const long most = sysconf(_SC_OPEN_MAX);
  for (int descriptor = 3; descriptor < most; ++descriptor) ::close(descriptor);
}

void kill_group(int) { ::kill(0, SIGKILL); }

/// Returns in a child of its own. The parent waits for that child, and kills the group if castnet
/// ends before it.
void stand_guard() {
  const pid_t self = getpid();
  const pid_t child = fork();
  if (child < 0) return;  // the program then runs without a guard
  if (child == 0) return end_with(self, SIGKILL);
  close_all();
  struct sigaction action {};
  action.sa_handler = kill_group;
  sigaction(SIGTERM, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) _exit(EXIT_FAILURE);
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/// Becomes the program, or writes the reason why it cannot.
[[noreturn]] void run_child(const Execution& execution, const StartOptions& options, pid_t parent,
                            const sigset_t& mask, int reason) {
  reset_handlers();
  if (options.own_group || options.guarded) setpgid(0, 0);
  end_with(parent, SIGTERM);
  if (options.guarded) stand_guard();
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (dup2(nothing, STDIN_FILENO) >= 0 && dup2(options.output, STDOUT_FILENO) >= 0 &&
      dup2(options.errors, STDERR_FILENO) >= 0 &&
      (options.work_folder < 0 || fchdir(options.work_folder) == 0)) {
    if (nothing > STDERR_FILENO) ::close(nothing);
    sigprocmask(SIG_SETMASK, &mask, nullptr);
    execution.run();
  }
  const int why = errno;
  static_cast<void>(!::write(reason, &why, sizeof why));
  _exit(127);
}

}  // namespace

pid_t start(const std::vector<std::string>& arguments, const StartOptions& options) {
  const Execution execution(arguments, options.program_folder, options.environment);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "pipe");
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const pid_t self = getpid();
  pid_t child = 0;
  {
    const NoSignals quiet;
    child = fork();
    if (child == 0) {
      run_child(execution, options, self, options.mask ? *options.mask : quiet.before(),
                writer.get());
    }
  }
  if (child < 0) fail(errno, "fork");
  writer.close();
  // A successful exec closes the pipe without writing to it.
  int why = 0;
  ssize_t got = 0;
  while ((got = ::read(reader.get(), &why, sizeof why)) < 0 && errno == EINTR) {
  }
  if (got == sizeof why) {
    wait_for(child);
    fail(why, arguments.front());
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail(errno, "waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<std::string> output_of(const std::vector<std::string>& arguments,
                                     int program_folder) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "pipe");
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const Descriptor dropped(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const pid_t child = start(arguments, {.output = writer.get(),
                                        .errors = dropped.get(),
                                        .program_folder = program_folder,
                                        .environment = {}});
  writer.close();
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = ::read(reader.get(), buffer.data(), buffer.size())) != 0;) {
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR) break;
  }
  return wait_for(child) == 0 ? std::optional(text) : std::nullopt;
}

void become(const std::vector<std::string>& arguments, int program_folder) {
  Execution(arguments, program_folder, {}).run();
  fail(errno, arguments.front());
}

}  // namespace castnet::codegen
