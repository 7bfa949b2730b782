// Compiling generated source, and running what comes of it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/toolchain.hpp"

namespace castnet::codegen {

/// A generated file: its name decides its language.
struct SourceFile {
  std::string name;
  std::string text;
};

/// Compiles the sources side by side and links them, unless that was done before, into a folder of
/// the cache that is named for `name` and all that goes in. Returns the program's path, or nothing
/// if a compiler failed; its messages are on standard error then.
std::optional<std::filesystem::path> build(const std::string& name,
                                           const std::vector<SourceFile>& sources,
                                           const Toolchain& tools);

}  // namespace castnet::codegen
