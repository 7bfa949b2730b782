#include "experiments/jobs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <list>
#include <optional>
#include <system_error>
#include <utility>

#include "castnet_shared/folder.hpp"
#include "toolchain/process.hpp"

namespace castnet::codegen {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// If standard error is closed, only the messages are lost.
void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

volatile std::sig_atomic_t pending_signal = 0;
void remember(int signal) { pending_signal = signal; }

/// The signals that interrupt the jobs: Ctrl-C, SIGTERM, and a terminal that closes.
constexpr std::array<int, 3> kInterrupts = {SIGINT, SIGTERM, SIGHUP};

/// While an object exists, these signals are blocked until `wait` admits them. An ignored SIGHUP
/// stays ignored, for nohup.
class SignalGate {
 public:
  SignalGate() {
    pending_signal = 0;
    sigset_t all;
    sigemptyset(&all);
    for (const int signal : kInterrupts) sigaddset(&all, signal);
    sigprocmask(SIG_BLOCK, &all, &open_);
    struct sigaction action {};
    action.sa_handler = remember;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < kInterrupts.size(); ++i) {
      sigaction(kInterrupts[i], nullptr, &before_[i]);
      if (kInterrupts[i] == SIGHUP && before_[i].sa_handler == SIG_IGN) continue;
      sigaction(kInterrupts[i], &action, nullptr);
    }
  }
  ~SignalGate() {
    for (std::size_t i = 0; i < kInterrupts.size(); ++i) {
      sigaction(kInterrupts[i], &before_[i], nullptr);
    }
    sigprocmask(SIG_SETMASK, &open_, nullptr);
  }
  SignalGate(const SignalGate&) = delete;
  SignalGate& operator=(const SignalGate&) = delete;

  /// The signals that were blocked before.
  const sigset_t& mask() const { return open_; }
  /// Waits until a file can be read. Returns the signal that arrived instead, or 0.
  int wait(std::vector<pollfd>& files) const {
    const int ready = ppoll(files.data(), files.size(), nullptr, &open_);
    if (ready >= 0) return 0;
    if (errno != EINTR) fail("ppoll");
    for (pollfd& file : files) file.revents = 0;
    return std::exchange(pending_signal, 0);
  }

 private:
  sigset_t open_{};
  std::array<struct sigaction, kInterrupts.size()> before_{};
};

/// A running job. Its destructor ends it by SIGTERM, unless it was waited for. It has a process
/// group of its own, so a terminal's Ctrl-C reaches castnet alone, which passes it on once.
class Child {
 public:
  Child(const Job& job, std::size_t index, const SignalGate& gate)
      : index_(index),
        label_(job.label),
        log_(Folder(job.log.parent_path()).open_log(job.log.filename().string(), job.append)) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
    output_.emplace(ends[0]);
    const Descriptor writer(ends[1]);
    pid_ = start(job.command, {.output = writer.get(),
                               .errors = writer.get(),
                               .program_folder = job.program_folder,
                               .environment = {},
                               .mask = &gate.mask(),
                               .own_group = true});
  }
  ~Child() {
    if (pid_ > 0) signal(SIGTERM);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::size_t index() const { return index_; }
  int output() const { return output_->get(); }
  void signal(int number) const { ::kill(-pid_, number); }

  /// Forwards the job's output. Returns false when there is no more.
  bool read() {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(output(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) {
      if (!line_.empty()) print(line_ + '\n');
      return false;
    }
    if (::write(log_.get(), buffer.data(), static_cast<std::size_t>(got)) < 0) {
      // An incomplete log does not stop a training.
    }
    line_.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end; (end = line_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      print(line_.substr(begin, end + 1 - begin));
    }
    line_.erase(0, begin);
    return true;
  }

  int wait() { return wait_for(std::exchange(pid_, 0)); }

 private:
  void print(const std::string& line) const { say(fmt::format("{}: {}", label_, line)); }

  std::size_t index_;
  std::string label_;
  Descriptor log_;
  std::string line_;  ///< a line that is not complete yet
  std::optional<Descriptor> output_;
  pid_t pid_ = 0;
};

void interrupt(const std::list<Child>& running, int signal, bool again) {
  say(fmt::format("castnet: {}\n", again ? "interrupted again: ending the trainings"
                                         : "interrupted: the trainings that run save their state"));
  for (const Child& child : running) child.signal(signal);
}

}  // namespace

JobsResult run_jobs(const std::vector<Job>& jobs, unsigned most) {
  JobsResult result{false, std::vector<int>(jobs.size(), kNotStarted)};
  const SignalGate gate;
  std::list<Child> running;
  for (std::size_t next = 0;;) {
    for (; !result.interrupted && next < jobs.size() && running.size() < most; ++next) {
      running.emplace_back(jobs[next], next, gate);
    }
    if (running.empty()) return result;
    std::vector<pollfd> files;
    for (const Child& child : running) files.push_back({child.output(), POLLIN, 0});
    if (const int signal = gate.wait(files)) {
      interrupt(running, signal, std::exchange(result.interrupted, true));
    }
    auto child = running.begin();
    for (const pollfd& file : files) {
      if (file.revents == 0 || child->read()) {
        ++child;
        continue;
      }
      result.statuses[child->index()] = child->wait();
      child = running.erase(child);
    }
  }
}

}  // namespace castnet::codegen
