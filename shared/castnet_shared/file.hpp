// Reads and writes whole files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castnet {

/// A file or folder that could not be read or written; the message names it and the reason.
class FileError : public std::runtime_error {
 public:
  /// `reason` is the system's errno.
  FileError(std::string_view action, const std::filesystem::path& path, int reason);
  /// A reason in words.
  FileError(std::string_view action, const std::filesystem::path& path, std::string_view reason);
  /// Whether writing is not permitted here, so that another place helps.
  bool denied() const { return denied_; }

 private:
  bool denied_ = false;
};

/// The error's message. If writing is not permitted, it adds that `option` names another place.
std::string with_advice(const FileError& error, std::string_view option);

/// Owns a POSIX file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  int get() const { return value_; }
  /// Releases it without closing it.
  int release() { return std::exchange(value_, -1); }
  /// Closes it now, and returns whether that succeeded: a full disk may show itself only here.
  bool close();

 private:
  int value_;
};

/// All bytes of a file that the user names, which may also be a pipe. Throws FileError.
std::string read_file(const std::filesystem::path& path);
/// Returns nothing if it cannot be read.
std::optional<std::string> read_if_there(const std::filesystem::path& path);

/// A file for reading that a stranger may have made.
struct RegularFile {
  Descriptor descriptor;
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

/// Opens a file. Throws FileError if there is none, or if it is not a regular file: reading a pipe
/// or a device might never end. Symbolic links are followed.
RegularFile open_regular(const std::filesystem::path& path);
/// The same for a descriptor from open().
RegularFile regular_file(Descriptor descriptor, const std::filesystem::path& path);
/// Fills `bytes` with the next bytes of the file, and returns their number, which is smaller only
/// at the end of the file. Throws FileError.
std::size_t read_next(const RegularFile& file, std::span<char> bytes);
/// All bytes of the file, from the beginning. Throws FileError if there are more than `most`.
std::string read_all(const RegularFile& file, std::uint64_t most);
/// The same for the last bytes, at most this many.
std::string read_end(const RegularFile& file, std::uint64_t most);
/// Combines open_regular() and read_all().
std::string read_regular_file(const std::filesystem::path& path, std::uint64_t most);

/// Writes all bytes to an open descriptor. Throws FileError, with the path.
void write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path);

/// Replaces `path` by `bytes`, or leaves it unchanged. Writes a temporary file beside it, fsyncs,
/// renames, and fsyncs the folder, so that neither a reader nor a power cut ever meets half a file.
/// The folder is created if it does not exist. The new file gets the old one's mode, and its owner
/// if that is permitted. Symbolic links are followed. A pipe, a device or /dev/stdout is written
/// directly. Throws FileError; the temporary file is removed.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Whether the path is not a file of its own: standard output or another open descriptor, a pipe,
/// or a device.
bool is_stream(const std::filesystem::path& path);

/// Creates the folder and its parents, unless they exist. Throws FileError.
void make_folder(const std::filesystem::path& path);

}  // namespace castnet
