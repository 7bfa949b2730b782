// How this castnet compiles trainers, a target each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emit/targets.hpp"

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
/// can.
std::optional<std::string> why_unable(const Target& target);

/// `precision`: an enumerator of castnet::cuda::Precision; empty for that of the target.
Toolchain toolchain(const Target& target, std::string_view precision);

/// For the cuda target as C++ on the host implementation of CUDA and cuDNN, which castnet's tests
/// are built with; nothing where castnet was built without them.
std::optional<Toolchain> host_toolchain();

}  // namespace castnet::codegen
