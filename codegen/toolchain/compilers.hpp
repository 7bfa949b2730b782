// How this castnet compiles trainers, a target each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "targets/target.hpp"
#include "toolchain/architectures.hpp"

namespace castnet::codegen {

/// A source is compiled by `command` -I `includes` `language` -c; objects are linked by `command`
/// with `archives` and `libraries`.
struct Toolchain {
  std::vector<std::string> command;   ///< compiler and flags
  std::vector<std::string> includes;  ///< folders of castnet's headers
  std::vector<std::string> language;  ///< flags that say what a source is, where its name does not
  std::vector<std::string> archives;  ///< castnet's own
  std::vector<std::string> libraries;
};

/// Whether `toolchain` takes a precision for the target.
bool has_precisions(const Target& target);

/// Why this castnet, or this machine, cannot train on the target, and what to do; nothing if it
/// can. Where architectures are named, only the compilers matter.
std::optional<std::string> why_unable(const Target& target,
                                      const Architectures& architectures = {});

/// `precision`: an enumerator of castnet::cuda::Precision; empty for that of the target. A program
/// for other machines' GPUs looks for libraries in ../lib beside its own folder, too.
Toolchain toolchain(const Target& target, std::string_view precision,
                    const Architectures& architectures = {});

/// For the cuda target as C++ on the host implementation of CUDA and cuDNN (runtime/host_cuda/).
/// Where that is not built, says so and returns nothing.
std::optional<Toolchain> host_toolchain(std::string_view precision);

}  // namespace castnet::codegen
