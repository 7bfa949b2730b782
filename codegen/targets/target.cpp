#include "targets/target.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace castnet::codegen {

std::span<const Target> targets() {
  static constexpr std::array<Target, 2> kTargets{{{.name = "cpu",
                                                    .file = "cpu.cpp",
                                                    .memory_file = "cpu_memory.hpp",
                                                    .name_space = "castnet::generated",
                                                    .on_host = true,
                                                    .compile = cpu::compile},
                                                   {.name = "cuda",
                                                    .file = "cuda.cu",
                                                    .memory_file = "cuda_memory.hpp",
                                                    .name_space = "castnet::generated::cuda",
                                                    .on_host = false,
                                                    .compile = cuda::compile}}};
  return kTargets;
}

const Target& target_named(std::string_view name) {
  const auto found = std::ranges::find(targets(), name, &Target::name);
  if (found == targets().end()) {
    throw std::invalid_argument("there is no target '" + std::string(name) + "'");
  }
  return *found;
}

}  // namespace castnet::codegen
