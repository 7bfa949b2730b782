// Files of generated text.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace castnet::codegen {

/// The file's bytes, or nothing where there is no such file.
std::optional<std::string> read_file(const std::filesystem::path& path);

/// Writes the file whole: into a temporary file beside it, which then takes its name. Throws
/// std::filesystem::filesystem_error.
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace castnet::codegen
