#include "castnet_shared/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <memory>
#include <utility>

namespace castnet {
namespace {

namespace fs = std::filesystem;

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

/// A temporary file is `.NAME.PROCESS.tmp`.
constexpr std::string_view kTemporaryEnd = ".tmp";

Descriptor open_folder(const fs::path& path) {
  Descriptor descriptor(::open(path.c_str(), kOpenFolder));
  if (descriptor.get() < 0) throw FileError("open the folder", path, errno);
  return descriptor;
}

Descriptor open_made(const fs::path& path) {
  make_folder(path);
  return open_folder(path);
}

/// Removes a temporary file unless `keep` was called.
class TemporaryFile {
 public:
  TemporaryFile(const Descriptor& folder, std::string name)
      : folder_(folder), name_(std::move(name)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!name_.empty()) ::unlinkat(folder_.get(), name_.c_str(), 0);
  }
  void keep() { name_.clear(); }

 private:
  const Descriptor& folder_;
  std::string name_;
};

/// The process of `.NAME.PROCESS.tmp`; 0 if that is not a number.
pid_t process_of_temporary(std::string_view name) {
  name.remove_suffix(kTemporaryEnd.size());
  const std::string_view digits = name.substr(name.rfind('.') + 1);
  pid_t process = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), process);
  return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() ? process : 0;
}

bool lives(pid_t process) { return process <= 0 || ::kill(process, 0) == 0 || errno != ESRCH; }

/// The new file has the mode of the one that it replaces, and its owner where that may be given.
void keep_mode(const Descriptor& file, const struct stat& old, const fs::path& path) {
  if (::fchown(file.get(), old.st_uid, old.st_gid) != 0 && errno != EPERM) {
    throw FileError("write", path, errno);
  }
  if (::fchmod(file.get(), old.st_mode & 07777) != 0) throw FileError("write", path, errno);
}

}  // namespace

Folder::Folder(fs::path path) : path_(std::move(path)), descriptor_(open_made(path_)) {}

Folder::Folder(Descriptor descriptor, fs::path path)
    : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

Folder Folder::open(fs::path path) {
  Descriptor descriptor = open_folder(path);
  return {std::move(descriptor), std::move(path)};
}

bool Folder::lock() const {
  return ::flock(descriptor_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

// Some file systems cannot fsync a folder; its files are safe by then.
void Folder::sync() const { static_cast<void>(::fsync(descriptor_.get())); }

Folder Folder::folder(std::string_view name) const {
  const std::string text(name);
  if (::mkdirat(descriptor_.get(), text.c_str(), 0777) == 0) {
    sync();
  } else if (errno != EEXIST) {
    throw FileError("create the folder", *this / name, errno);
  }
  if (auto found = find_folder(name)) return std::move(*found);
  throw FileError("open the folder", *this / name, ENOENT);
}

std::optional<Folder> Folder::find_folder(std::string_view name) const {
  Descriptor found(
      ::openat(descriptor_.get(), std::string(name).c_str(), kOpenFolder | O_NOFOLLOW));
  if (found.get() >= 0) return Folder(std::move(found), *this / name);
  if (errno == ENOENT) return std::nullopt;
  if (errno == ELOOP || errno == ENOTDIR) {
    throw FileError("open the folder", *this / name,
                    "it is a symbolic link or a file; remove it, as it was not made by castnet");
  }
  throw FileError("open the folder", *this / name, errno);
}

std::vector<std::string> Folder::names() const {
  // fdopendir() takes the descriptor that it is given.
  Descriptor again(::openat(descriptor_.get(), ".", kOpenFolder));
  if (again.get() < 0) throw FileError("read", path_, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(again.get()), ::closedir);
  if (!folder) throw FileError("read", path_, errno);
  again.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) throw FileError("read", path_, errno);
  return names;
}

bool Folder::holds(std::string_view name) const {
  return ::faccessat(descriptor_.get(), std::string(name).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

EntryKind Folder::kind_of(std::string_view name) const {
  struct stat status {};
  if (::fstatat(descriptor_.get(), std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return EntryKind::none;
  }
  return S_ISREG(status.st_mode)   ? EntryKind::file
         : S_ISDIR(status.st_mode) ? EntryKind::folder
         : S_ISLNK(status.st_mode) ? EntryKind::link
                                   : EntryKind::other;
}

RegularFile Folder::open_file(std::string_view name) const {
  constexpr int kHow = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  Descriptor file(::openat(descriptor_.get(), std::string(name).c_str(), kHow));
  return regular_file(std::move(file), *this / name);
}

std::string Folder::read(std::string_view name, std::uint64_t most) const {
  return read_all(open_file(name), most);
}

std::string Folder::read_end(std::string_view name, std::uint64_t most) const {
  return castnet::read_end(open_file(name), most);
}

Descriptor Folder::open_log(std::string_view name, bool appended) const {
  const int how = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (appended ? O_APPEND : O_TRUNC);
  Descriptor file(::openat(descriptor_.get(), std::string(name).c_str(), how, 0666));
  if (file.get() < 0) throw FileError("write", *this / name, errno);
  return file;
}

/// Removes the files of processes that have ended, unless a process of another machine has locked
/// them. Files that cannot be removed, such as another user's, stay.
void Folder::remove_leftovers(std::string_view name) const {
  for (const std::string& other : names()) {
    if (target_of_temporary(other) != name || lives(process_of_temporary(other))) continue;
    const Descriptor file(
        ::openat(descriptor_.get(), other.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      ::unlinkat(descriptor_.get(), other.c_str(), 0);
    }
  }
}

void Folder::write(std::string_view name, std::string_view bytes) const {
  const fs::path path = *this / name;
  const std::string target(name);
  const std::string temporary = fmt::format(".{}.{}{}", name, ::getpid(), kTemporaryEnd);
  struct stat old {};
  const bool exists =
      ::fstatat(descriptor_.get(), target.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISREG(old.st_mode);
  remove_leftovers(name);
  // A process that was killed and had this number may have left one.
  ::unlinkat(descriptor_.get(), temporary.c_str(), 0);
  Descriptor file(::openat(descriptor_.get(), temporary.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           exists ? 0600 : 0666));
  if (file.get() < 0) throw FileError("write", path, errno);
  TemporaryFile guard(descriptor_, temporary);
  static_cast<void>(::flock(file.get(), LOCK_EX | LOCK_NB));
  if (exists) keep_mode(file, old, path);
  write_all(file, bytes, path);
  if (::fsync(file.get()) != 0 || !file.close()) throw FileError("write", path, errno);
  if (!move(temporary, target)) throw FileError("write", path, ENOTEMPTY);
  guard.keep();
}

void Folder::remove(std::string_view name) const {
  const std::string text(name);
  if (::unlinkat(descriptor_.get(), text.c_str(), 0) == 0 || errno == ENOENT) return;
  throw FileError("remove", *this / name, errno);
}

void Folder::remove_folder(std::string_view name) const {
  const std::string text(name);
  if (::unlinkat(descriptor_.get(), text.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return;
  if (errno != ENOTEMPTY && errno != EEXIST) throw FileError("remove", *this / name, errno);
}

void Folder::remove_all(std::string_view name) const {
  const std::string text(name);
  struct stat status {};
  if (::fstatat(descriptor_.get(), text.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (!S_ISDIR(status.st_mode)) return remove(name);
  if (const auto folder = find_folder(name)) {
    for (const std::string& inner : folder->names()) folder->remove_all(inner);
  }
  remove_folder(name);
}

bool Folder::move(std::string_view from, std::string_view to) const {
  const int folder = descriptor_.get();
  if (::renameat(folder, std::string(from).c_str(), folder, std::string(to).c_str()) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST) return false;
    throw FileError("write", *this / to, errno);
  }
  sync();
  return true;
}

std::string_view target_of_temporary(std::string_view name) {
  if (!name.starts_with('.') || !name.ends_with(kTemporaryEnd)) return {};
  name.remove_prefix(1);
  name.remove_suffix(kTemporaryEnd.size());
  const std::size_t process = name.rfind('.');
  return process == name.npos ? std::string_view{} : name.substr(0, process);
}

}  // namespace castnet
