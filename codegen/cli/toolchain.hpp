// How this castnet compiles trainers, a target each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emit/targets.hpp"

namespace castnet::codegen {

/// A compilation is `command` SOURCE -o TRAINER `archives` `libraries`.
struct Toolchain {
  std::vector<std::string> command;   ///< compiler and flags
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

}  // namespace castnet::codegen
