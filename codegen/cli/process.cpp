#include "cli/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <utility>

namespace castnet::codegen {
namespace {

std::vector<char*> argument_pointers(std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  return pointers;
}

void let_threads_sleep() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "1000", 0);
}

}  // namespace

pid_t start(std::vector<std::string> arguments, const posix_spawn_file_actions_t* actions,
            const posix_spawnattr_t* attributes) {
  let_threads_sleep();
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments.front().c_str(), actions, attributes,
                                  argument_pointers(arguments).data(), environ);
  if (failed != 0) throw std::system_error(failed, std::generic_category(), arguments.front());
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<std::string> output_of(std::vector<std::string> arguments) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  std::exception_ptr failure;
  try {
    child = start(std::move(arguments), &actions);
  } catch (...) {
    failure = std::current_exception();
  }
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = read(ends[0], buffer.data(), buffer.size())) != 0;) {
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR) break;
  }
  close(ends[0]);
  if (failure) std::rethrow_exception(failure);
  return wait_for(child) == 0 ? std::optional(text) : std::nullopt;
}

void become(std::vector<std::string> arguments) {
  let_threads_sleep();
  execv(arguments.front().c_str(), argument_pointers(arguments).data());
  throw std::system_error(errno, std::generic_category(), arguments.front());
}

}  // namespace castnet::codegen
