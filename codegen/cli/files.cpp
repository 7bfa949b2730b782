#include "cli/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path) { throw FileError("write", path, errno); }

/// Owns a POSIX file descriptor, and the temporary file that it writes, if there is one.
class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }
  int get() const { return descriptor_; }
  void removes(fs::path temporary) { temporary_ = std::move(temporary); }
  void keeps() { temporary_.clear(); }
  bool close() { return ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
  fs::path temporary_;
};

void write_all(const Output& file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Where writing to a path ends.
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

/// The new file has the mode of the one that it replaces, and its owner where that may be given.
void keep_mode(const Output& file, const struct stat& old, const fs::path& path) {
  if (::fchown(file.get(), old.st_uid, old.st_gid) != 0 && errno != EPERM) fail(path);
  if (::fchmod(file.get(), old.st_mode & 07777) != 0) fail(path);
}

/// Into a temporary file, which then takes the name; `old` is what has it now, if anything.
void replace(const fs::path& path, const struct stat* old, const std::string& text) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  make_folder(folder);
  const fs::path temporary =
      folder / fmt::format(".{}.{}.tmp", path.filename().string(), ::getpid());
  ::unlink(temporary.c_str());  // left by a process that was killed and had this number
  Output file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, old ? 0600 : 0666));
  if (file.get() < 0) fail(path);
  file.removes(temporary);
  if (old) keep_mode(file, *old, path);
  write_all(file, text, path);
  if (::fsync(file.get()) != 0 || !file.close()) fail(path);
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path);
  file.keeps();
  const Output directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot fsync a folder; the file itself is safe by then.
  if (directory.get() >= 0) static_cast<void>(::fsync(directory.get()));
}

}  // namespace

FileError::FileError(std::string_view action, const fs::path& path, int error)
    : std::runtime_error(
          fmt::format("cannot {} '{}': {}", action, path.string(), std::strerror(error))),
      denied_(error == EACCES || error == EPERM || error == EROFS) {}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) return {};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw FileError("create the folder", path, error.value());
}

void write_file(const fs::path& path, const std::string& text) {
  const Place place = place_of(path);
  struct stat old {};
  const bool exists = place.descriptor < 0 && ::stat(place.path.c_str(), &old) == 0;
  if (place.descriptor < 0 && (!exists || S_ISREG(old.st_mode))) {
    return replace(place.path, exists ? &old : nullptr, text);
  }
  Output file(exists ? ::open(place.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)
                     : ::fcntl(place.descriptor, F_DUPFD_CLOEXEC, 0));
  if (file.get() < 0) fail(path);
  write_all(file, text, path);
  if (!file.close()) fail(path);
}

bool is_stream(const fs::path& path) {
  const Place place = place_of(path);
  if (place.descriptor >= 0) return true;
  std::error_code error;
  const fs::file_status status = fs::status(place.path, error);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

}  // namespace castnet::codegen
