// Runs the tests on the GPU; without one says so and ends with 77.
#define CATCH_CONFIG_RUNNER
#include <cstdio>
#include <string>

#include "../catch.hpp"
#include "cuda/device.hpp"

int main(int argc, char** argv) {
  if (const std::string reason = castnet::cuda::no_device(); !reason.empty()) {
    std::fprintf(stderr, "SKIPPED: no CUDA device: %s\n", reason.c_str());
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
