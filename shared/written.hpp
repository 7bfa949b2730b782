// What file.cpp has for folder.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "castnet_shared/file.hpp"

namespace castnet {

/// Writes to what is open. Throws FileError.
void write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path);

/// The last bytes of the file, at most so many.
std::string read_end(const RegularFile& file, std::uint64_t most);

/// The file that was opened. Throws FileError if it was not, or if it is no regular file.
RegularFile regular_file(Descriptor descriptor, const std::filesystem::path& path);

}  // namespace castnet
