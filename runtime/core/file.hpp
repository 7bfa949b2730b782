// Files read and written whole.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castnet {

/// A file that could not be read or written; the message names the file and the system's reason.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Owns a POSIX file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  int get() const { return value_; }
  /// Closes now and says whether that worked: a full disk may show itself only here.
  bool close();

 private:
  int value_;
};

/// All bytes of a file. Throws FileError.
std::string read_file(const std::filesystem::path& path);

/// Replaces `path` by `bytes`, or leaves it as it was: writes a temporary file beside it, fsyncs,
/// renames, and fsyncs the folder, so that a reader or a power cut never meets half a file. The new
/// file has the old one's mode, and its owner if that may be given. Symbolic links are followed.
/// What is no regular file, such as a pipe, a device or /dev/stdout, is written to as it is.
/// Throws FileError; the temporary file is removed.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// The name of the file that a temporary file of this name would have replaced, had its process not
/// been killed; empty if write_file_atomically gives no such names.
std::string_view target_of_temporary(std::string_view name);

/// Locks a folder for as long as the descriptor lives; nothing if another process (or descriptor)
/// has locked it. Throws FileError.
std::optional<Descriptor> lock_folder(const std::filesystem::path& path);

}  // namespace castnet
