// From a loaded spec to its trainer.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "cli/load.hpp"
#include "emit/targets.hpp"

namespace castnet::codegen {

/// Generates and compiles the trainer, unless that was done before: its path, or nothing if the
/// compiler failed. `precision` as toolchain() takes it.
std::optional<std::filesystem::path> build_trainer(const Loaded& loaded, const Common& common,
                                                   const Target& target,
                                                   std::string_view precision);

}  // namespace castnet::codegen
