// Compiles generated source, and runs the result.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "emit/program.hpp"
#include "toolchain/cache.hpp"
#include "toolchain/compilers.hpp"

namespace castnet::codegen {

/// Compiles the sources side by side, beside their headers, and links them into an entry of the
/// cache, unless this was done before. The entry is named after `name` and all inputs. Returns null
/// if a compiler failed; its messages are on standard error then. Throws std::runtime_error if the
/// cache cannot be used.
std::unique_ptr<const Program> build(const std::string& name,
                                     const std::vector<SourceFile>& sources,
                                     const Toolchain& tools);

/// Writes a file beside the program, unless it exists, and returns its path. Throws like build().
std::filesystem::path put_beside(const Program& program, const std::string& name,
                                 const std::string& text);

}  // namespace castnet::codegen
