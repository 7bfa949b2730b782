#include "core/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace castnet {
namespace {

[[noreturn]] void fail(const char* action, const std::filesystem::path& path) {
  const int reason = errno;
  throw FileError(fmt::format("cannot {} '{}': {}", action, path.string(), std::strerror(reason)));
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

void write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// The temporary file of write_file_atomically is `.NAME.PROCESS.tmp`.
constexpr std::string_view kTemporaryEnd = ".tmp";

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
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const auto temporary =
      folder / fmt::format(".{}.{}{}", path.filename().string(), ::getpid(), kTemporaryEnd);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) fail("write", temporary);
  TemporaryFile guard(temporary);
  write_all(file, bytes, temporary);
  if (::fsync(file.get()) != 0) fail("write", temporary);
  if (!file.close()) fail("write", temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("replace", path);
  guard.keep();
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot fsync a folder; the file itself is safe by then.
  if (directory.get() >= 0) static_cast<void>(::fsync(directory.get()));
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
