// Files read and written whole.
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
  /// Whether another place is what helps: nothing may be written here.
  bool denied() const { return denied_; }

 private:
  bool denied_ = false;
};

/// The error's message, and where nothing may be written, that `option` names another place.
std::string with_advice(const FileError& error, std::string_view option);

/// Owns a POSIX file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  int get() const { return value_; }
  /// Gives it away, unclosed.
  int release() { return std::exchange(value_, -1); }
  /// Closes now and says whether that worked: a full disk may show itself only here.
  bool close();

 private:
  int value_;
};

/// All bytes of a file that the user names, whatever it is: a pipe, too. Throws FileError.
std::string read_file(const std::filesystem::path& path);
/// Nothing where it cannot be read.
std::optional<std::string> read_if_there(const std::filesystem::path& path);

/// A file for reading that a stranger may have made.
struct RegularFile {
  Descriptor descriptor;
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

/// Opens a file. Throws FileError if there is none, or if it is no regular file: to read a pipe or
/// a device may never end. Symbolic links are followed.
RegularFile open_regular(const std::filesystem::path& path);
/// Likewise, of what open() returned.
RegularFile regular_file(Descriptor descriptor, const std::filesystem::path& path);
/// Fills `bytes` with the next ones of the file, and says how many those are: fewer at its end
/// alone. Throws FileError.
std::size_t read_next(const RegularFile& file, std::span<char> bytes);
/// All bytes of the file, from the beginning. Throws FileError if there are more than `most`.
std::string read_all(const RegularFile& file, std::uint64_t most);
/// Likewise, the last bytes, at most so many.
std::string read_end(const RegularFile& file, std::uint64_t most);
/// open_regular() and read_all().
std::string read_regular_file(const std::filesystem::path& path, std::uint64_t most);

/// Writes all bytes to what is open. Throws FileError, with the path.
void write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path);

/// Replaces `path` by `bytes`, or leaves it as it was: writes a temporary file beside it, fsyncs,
/// renames, and fsyncs the folder, so that a reader or a power cut never meets half a file. The
/// folder is made if need be. The new file has the old one's mode, and its owner if that may be
/// given. Symbolic links are followed. What is no regular file, such as a pipe, a device or
/// /dev/stdout, is written to as it is. Throws FileError; the temporary file is removed.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Whether writing to the path does not end in a file of its own: standard output or another open
/// descriptor, a pipe, a device.
bool is_stream(const std::filesystem::path& path);

/// Creates the folder and its parents, unless they are there. Throws FileError.
void make_folder(const std::filesystem::path& path);

}  // namespace castnet
