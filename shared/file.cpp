#include "castnet_shared/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>

#include "castnet_shared/folder.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

/// The destination of writes to a path.
struct Place {
  fs::path path;        ///< symbolic links followed, also to where nothing is yet
  int descriptor = -1;  ///< of this process, which the path names, as /proc/self/fd/1 does
};

/// The number of a path such as /proc/self/fd/1, or -1. What was opened is written to at its own
/// place, which opening it by name again would not know.
int own_descriptor(const fs::path& path) {
  const fs::path folder = path.parent_path();
  if (folder != "/proc/self/fd" && folder != "/dev/fd") return -1;
  const std::string name = path.filename().string();
  int number = -1;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
  return read.ec == std::errc{} && read.ptr == name.data() + name.size() ? number : -1;
}

Place place_of(const fs::path& path) {
  constexpr int kMostLinks = 40;  // as Linux follows
  fs::path at = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    if (const int number = own_descriptor(at); number >= 0) return {at, number};
    std::error_code none;
    const fs::path next = fs::read_symlink(at, none);
    if (none) return {at};
    at = at.parent_path() / next;
  }
  throw FileError("write", path, ELOOP);
}

bool is_denied(int reason) { return reason == EACCES || reason == EPERM || reason == EROFS; }

/// Fills `bytes`, fewer at the file's end alone.
std::size_t read_next(const Descriptor& file, std::span<char> bytes, const fs::path& path) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw FileError("read", path, errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

/// Up to `most` bytes of what is open, and one more if there are more.
std::string read_open(const Descriptor& file, std::uint64_t expected, std::uint64_t most,
                      const fs::path& path) {
  std::string bytes(static_cast<std::size_t>(std::min(expected, most)), '\0');
  std::size_t filled = 0;
  while (filled <= most) {
    if (filled == bytes.size()) bytes.resize(bytes.size() + 4096);
    filled += read_next(file, std::span(bytes).subspan(filled), path);
    if (filled < bytes.size()) break;
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace

FileError::FileError(std::string_view action, const fs::path& path, int reason)
    : FileError(action, path, std::strerror(reason)) {
  denied_ = action != "read" && is_denied(reason);
}

FileError::FileError(std::string_view action, const fs::path& path, std::string_view reason)
    : std::runtime_error(fmt::format("cannot {} '{}': {}", action, path.string(), reason)) {}

std::string with_advice(const FileError& error, std::string_view option) {
  if (!error.denied()) return error.what();
  return fmt::format("{}; make its folder writable, or name another with {}", error.what(), option);
}

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

bool Descriptor::close() { return ::close(std::exchange(value_, -1)) == 0; }

void write_all(const Descriptor& file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw FileError("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) throw FileError("read", path, errno);
  return read_open(file, static_cast<std::uint64_t>(status.st_size),
                   std::numeric_limits<std::uint64_t>::max(), path);
}

std::optional<std::string> read_if_there(const fs::path& path) {
  try {
    return read_file(path);
  } catch (const FileError&) {
    return std::nullopt;
  }
}

RegularFile regular_file(Descriptor descriptor, const fs::path& path) {
  struct stat status {};
  if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) != 0) {
    throw FileError("read", path, errno == ELOOP ? "it is a symbolic link" : std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    throw FileError("read", path,
                    S_ISDIR(status.st_mode)    ? "it is a folder"
                    : S_ISFIFO(status.st_mode) ? "it is a pipe, not a regular file"
                                               : "it is a device, not a regular file");
  }
  return {std::move(descriptor), path, static_cast<std::uint64_t>(status.st_size)};
}

RegularFile open_regular(const fs::path& path) {
  // A pipe that nobody writes to would wait in open() for ever.
  return regular_file(Descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)), path);
}

std::size_t read_next(const RegularFile& file, std::span<char> bytes) {
  return read_next(file.descriptor, bytes, file.path);
}

std::string read_all(const RegularFile& file, std::uint64_t most) {
  const auto too_large = [&](std::uint64_t bytes) {
    return FileError("read", file.path,
                     fmt::format("it has {} bytes, more than the {} that are read", bytes, most));
  };
  if (file.bytes > most) throw too_large(file.bytes);
  std::string bytes = read_open(file.descriptor, file.bytes, most, file.path);
  if (bytes.size() > most) throw too_large(bytes.size());
  return bytes;
}

std::string read_end(const RegularFile& file, std::uint64_t most) {
  const std::uint64_t skipped = file.bytes - std::min(file.bytes, most);
  if (::lseek(file.descriptor.get(), static_cast<off_t>(skipped), SEEK_SET) < 0) {
    throw FileError("read", file.path, errno);
  }
  // It may grow meanwhile.
  std::string bytes = read_open(file.descriptor, most, most, file.path);
  bytes.resize(std::min<std::size_t>(bytes.size(), most));
  return bytes;
}

std::string read_regular_file(const fs::path& path, std::uint64_t most) {
  return read_all(open_regular(path), most);
}

void write_file(const fs::path& path, std::string_view bytes) {
  const Place place = place_of(path);
  std::error_code none;
  const fs::file_status status = fs::status(place.path, none);
  if (place.descriptor < 0 &&
      (!fs::exists(status) || fs::is_regular_file(status) || fs::is_directory(status))) {
    const fs::path folder = place.path.parent_path();
    Folder(folder.empty() ? "." : folder).write(place.path.filename().string(), bytes);
    return;
  }
  Descriptor file(place.descriptor < 0 ? ::open(place.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)
                                       : ::fcntl(place.descriptor, F_DUPFD_CLOEXEC, 0));
  if (file.get() < 0) throw FileError("write", path, errno);
  write_all(file, bytes, path);
  if (!file.close()) throw FileError("write", path, errno);
}

bool is_stream(const fs::path& path) {
  const Place place = place_of(path);
  if (place.descriptor >= 0) return true;
  std::error_code error;
  const fs::file_status status = fs::status(place.path, error);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw FileError("create the folder", path, error.value());
}

}  // namespace castnet
