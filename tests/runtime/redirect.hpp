// Standard output or standard error elsewhere, for as long as a test looks.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace castnet::test {

/// What is written to `stream` goes to `target`, a descriptor that it owns.
class Redirect {
 public:
  Redirect(std::FILE* stream, int target) : stream_(stream), before_(::dup(::fileno(stream))) {
    std::fflush(stream_);
    if (target < 0 || before_ < 0 || ::dup2(target, ::fileno(stream_)) < 0) {
      throw std::runtime_error("cannot redirect");
    }
    ::close(target);
  }
  Redirect(std::FILE* stream, const std::filesystem::path& file)
      : Redirect(stream, ::open(file.c_str(), O_WRONLY | O_CREAT, 0600)) {}
  ~Redirect() {
    std::fflush(stream_);
    ::dup2(before_, ::fileno(stream_));
    ::close(before_);
    std::clearerr(stream_);
  }
  Redirect(const Redirect&) = delete;
  Redirect& operator=(const Redirect&) = delete;

 private:
  std::FILE* stream_;
  int before_;
};

/// The end of a pipe that nobody reads.
inline int broken_pipe() {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  ::close(ends[0]);
  return ends[1];
}

}  // namespace castnet::test
