// Files of generated text.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace castnet::codegen {

/// A file or folder that could not be written: the message names it and the system's reason.
class FileError : public std::runtime_error {
 public:
  /// `error` is the system's errno.
  FileError(std::string_view action, const std::filesystem::path& path, int error);
  /// Whether another place is what helps: nothing may be written here.
  bool denied() const { return denied_; }

 private:
  bool denied_;
};

/// The file's bytes, or nothing where there is no such file.
std::optional<std::string> read_file(const std::filesystem::path& path);

/// Creates the folder and its parents, unless they are there. Throws FileError.
void make_folder(const std::filesystem::path& path);

/// Writes the file whole, in a folder that is made if need be: into a temporary file beside it,
/// which is fsynced and takes its name, its mode, and its owner if that may be given. Symbolic
/// links are followed. What is no regular file, such as a pipe, a device or /dev/stdout, is written
/// to as it is. Throws FileError; the temporary file is removed.
void write_file(const std::filesystem::path& path, const std::string& text);

/// Whether writing to the path does not end in a file of its own: standard output or another open
/// descriptor, a pipe, a device.
bool is_stream(const std::filesystem::path& path);

}  // namespace castnet::codegen
