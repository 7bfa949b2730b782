#include "cli/process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

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

void become(std::vector<std::string> arguments) {
  let_threads_sleep();
  execv(arguments.front().c_str(), argument_pointers(arguments).data());
  throw std::system_error(errno, std::generic_category(), arguments.front());
}

}  // namespace castnet::codegen
