// Environment variables while a test runs: what the host implementation and castnet read from them.
#pragma once

#include <cstdlib>

namespace castnet::test {

/// An environment variable while it lives.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

/// The host implementation takes blocks and threads from the last to the first while it lives.
struct ReverseOrder : Environment {
  ReverseOrder() : Environment("CASTNET_HOST_CUDA_ORDER", "reverse") {}
};

}  // namespace castnet::test
