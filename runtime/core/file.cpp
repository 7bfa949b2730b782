#include "core/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace castnet {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view action, const fs::path& path) {
  const int reason = errno;
  const bool closed = reason == EACCES || reason == EPERM || reason == EROFS;
  throw FileError(fmt::format("cannot {} '{}': {}{}", action, path.string(), std::strerror(reason),
                              closed && action == "write"
                                  ? "; make its folder writable, or name another place with --out"
                                  : ""));
}

/// Removes a temporary file unless `keep` was called.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::filesystem::path path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void keep() { path_.clear(); }

 private:
  std::filesystem::path path_;
};

void write_all(const Descriptor& file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// The temporary file of write_file_atomically is `.NAME.PROCESS.tmp`.
constexpr std::string_view kTemporaryEnd = ".tmp";

/// A copy of the descriptor that a path such as /proc/self/fd/1 names: what was opened is written
/// to at its own place, which opening it by name again would not know.
std::optional<Descriptor> own_descriptor(const fs::path& path) {
  const fs::path folder = path.parent_path();
  if (folder != "/proc/self/fd" && folder != "/dev/fd") return std::nullopt;
  const std::string name = path.filename().string();
  int number = -1;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
  if (read.ec != std::errc{} || read.ptr != name.data() + name.size()) return std::nullopt;
  Descriptor copy(::fcntl(number, F_DUPFD_CLOEXEC, 0));
  if (copy.get() < 0) fail("write", path);
  return copy;
}

/// The path at the end of symbolic links, also where nothing is there yet; or one that
/// own_descriptor() takes.
fs::path follow_links(const fs::path& path) {
  constexpr int kMostLinks = 40;  // as Linux follows
  fs::path at = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    const fs::path folder = at.parent_path();
    if (folder == "/proc/self/fd" || folder == "/dev/fd") return at;
    std::error_code none;
    const fs::path next = fs::read_symlink(at, none);
    if (none) return at;
    at = folder / next;
  }
  errno = ELOOP;
  fail("write", path);
}

/// The new file has the mode of the one that it replaces, and its owner where that may be given.
void keep_mode(const Descriptor& file, const struct stat& old, const fs::path& path) {
  if (::fchown(file.get(), old.st_uid, old.st_gid) != 0 && errno != EPERM) fail("write", path);
  if (::fchmod(file.get(), old.st_mode & 07777) != 0) fail("write", path);
}

/// Into a temporary file, which then takes the name; `old` is what has it now, if anything.
void replace(const fs::path& path, const struct stat* old, std::string_view bytes) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const fs::path temporary =
      folder / fmt::format(".{}.{}{}", path.filename().string(), ::getpid(), kTemporaryEnd);
  ::unlink(temporary.c_str());  // left by a process that was killed and had this number
  Descriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, old ? 0600 : 0666));
  if (file.get() < 0) fail("write", path);
  TemporaryFile guard(temporary);
  if (old) keep_mode(file, *old, path);
  write_all(file, bytes, path);
  if (::fsync(file.get()) != 0) fail("write", path);
  if (!file.close()) fail("write", path);
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("write", path);
  guard.keep();
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot fsync a folder; the file itself is safe by then.
  if (directory.get() >= 0) static_cast<void>(::fsync(directory.get()));
}

}  // namespace

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

bool Descriptor::close() { return ::close(std::exchange(value_, -1)) == 0; }

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) fail("read", path);
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  for (;;) {
    if (filled == bytes.size()) bytes.resize(bytes.size() + 4096);
    const ssize_t count = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", path);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  const fs::path end = follow_links(path);
  std::optional<Descriptor> open = own_descriptor(end);
  struct stat old {};
  const bool exists = !open && ::stat(end.c_str(), &old) == 0;
  if (exists && !S_ISREG(old.st_mode)) {
    open.emplace(::open(end.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (open->get() < 0) fail("write", end);
  }
  if (!open) return replace(end, exists ? &old : nullptr, bytes);
  write_all(*open, bytes, end);
  if (!open->close()) fail("write", end);
}

std::string_view target_of_temporary(std::string_view name) {
  if (!name.starts_with('.') || !name.ends_with(kTemporaryEnd)) return {};
  name.remove_prefix(1);
  name.remove_suffix(kTemporaryEnd.size());
  const std::size_t process = name.rfind('.');
  return process == name.npos ? std::string_view{} : name.substr(0, process);
}

std::optional<Descriptor> lock_folder(const std::filesystem::path& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) fail("open", path);
  // Some file systems cannot lock a folder: there, its writers are not told of each other.
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return std::nullopt;
  return folder;
}

}  // namespace castnet
