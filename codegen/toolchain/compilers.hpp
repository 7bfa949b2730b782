// The compilers of trainers, one row per target.
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
  std::vector<std::string> language;  ///< flags that give a source's language
  std::vector<std::string> archives;  ///< castnet's own archives
  std::vector<std::string> libraries;
};

/// Whether the target has a choice of precision.
bool has_precisions(const Target& target);

/// The reason why this castnet, or this machine, cannot train on the target, and what to do;
/// nothing if it can. If architectures are given, only the compilers matter.
std::optional<std::string> why_unable(const Target& target,
                                      const Architectures& architectures = {});

/// `precision` is an enumerator of castnet::cuda::Precision, or empty for the target's default. A
/// program for other machines' GPUs also looks for libraries in ../lib beside its own folder.
Toolchain toolchain(const Target& target, std::string_view precision,
                    const Architectures& architectures = {});

/// The compiler for the cuda target as C++ on the host implementation of CUDA and cuDNN
/// (runtime/host_cuda/). If that is not built, prints a message and returns nothing.
std::optional<Toolchain> host_toolchain(std::string_view precision);

}  // namespace castnet::codegen
