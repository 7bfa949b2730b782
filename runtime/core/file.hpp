// Files read and written whole.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace castnet {

/// A file that could not be read or written; the message names the file and the system's reason.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// All bytes of a file. Throws FileError.
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` by `bytes`, or leaves it as it was: writes a temporary file beside it, fsyncs,
/// renames, and fsyncs the folder, so that a reader or a power cut never meets half a file.
/// Throws FileError; the temporary file is removed.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace castnet
