// A library for LD_PRELOAD that disturbs a program where it changes files below one folder. Each
// such call is a point: opening a file for writing, write, fsync, rename, unlink, mkdir, rmdir,
// ftruncate and close, in all their forms that reach the C library from outside of it. What stdio
// writes of its own accord (fwrite, fprintf) does not; std::ofstream does.
//
//   CASTNET_FAULT_FOLDER   absolute; only files below it, and itself, count
//   CASTNET_FAULT_PROGRAM  only processes that run a file of this name count; default: all, each by
//   itself CASTNET_FAULT_RECORD   a file outside of the folder to which each point is appended
//   (record.hpp) CASTNET_FAULT_AT       the number of the point, from 1, that is disturbed
//   CASTNET_FAULT_DO       kill: SIGKILL before it. torn: SIGKILL after half of its bytes were
//   written.
//                          short: half of its bytes are written. A number: it fails with this errno
//   CASTNET_FAULT_ALWAYS   if set, all later points fail, too
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

namespace {

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

std::string link_target(const std::string& path) {
  char buffer[PATH_MAX];
  const ssize_t size = ::readlink(path.c_str(), buffer, sizeof buffer);
  return size < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(size));
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

struct Settings {
  std::string folder = variable("CASTNET_FAULT_FOLDER");
  std::string record = variable("CASTNET_FAULT_RECORD");
  std::string action = variable("CASTNET_FAULT_DO");
  long at = std::atol(variable("CASTNET_FAULT_AT").c_str());
  bool always = std::getenv("CASTNET_FAULT_ALWAYS") != nullptr;
  bool counts = [this] {
    const std::string program = variable("CASTNET_FAULT_PROGRAM");
    const std::string own = link_target("/proc/self/exe");
    return !folder.empty() && (program.empty() || own.substr(own.rfind('/') + 1) == program);
  }();

  bool inside(std::string_view path) const {
    return counts && path.starts_with(folder) &&
           (path.size() == folder.size() || path[folder.size()] == '/') &&
           !path.ends_with(" (deleted)");
  }
};

const Settings& settings() {
  static const Settings one;
  return one;
}

std::string path_of(int descriptor) {
  return link_target("/proc/self/fd/" + std::to_string(descriptor));
}

/// A path as it is from the root, by its letters alone.
std::string absolute(int folder, const char* path) {
  if (!settings().counts || !path) return {};
  std::filesystem::path whole = path;
  if (whole.is_relative()) {
    whole = (folder == AT_FDCWD ? link_target("/proc/self/cwd") : path_of(folder)) / whole;
  }
  std::string text = whole.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

/// The path of a descriptor that may be written through; empty for any other.
std::string written_path(int descriptor) {
  if (!settings().counts) return {};
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) return {};
  return path_of(descriptor);
}

/// One point.
struct Point {
  const char* operation;
  std::string path;
  std::string other = {};  ///< where a rename leads
  long long offset = 0;    ///< of a write; the size that ftruncate asks for
  const void* data = nullptr;
  std::size_t size = 0;
};

std::atomic<long> count = 0;

/// The calling process's number of the point, or 0 if what it is about is elsewhere.
long number_of(const Point& point) {
  const Settings& set = settings();
  return set.inside(point.path) || set.inside(point.other) ? ++count : 0;
}

bool disturbed(long number) {
  const Settings& set = settings();
  return set.at > 0 && (number == set.at || (set.always && number > set.at));
}

/// A full disk or quota refuses what needs room, nothing else.
bool can_fail(const Point& point, int error) {
  const std::string_view name = point.operation;
  const bool frees = name == "unlink" || name == "rmdir" || name == "close";
  return !frees || (error != ENOSPC && error != EDQUOT);
}

[[noreturn]] void die() {
  ::syscall(SYS_kill, ::getpid(), SIGKILL);
  for (;;) ::pause();
}

/// The whole in one write, so that several processes may have one record.
void record(const Point& point, int error) {
  const std::string& file = settings().record;
  if (file.empty()) return;
  std::string line = std::string(point.operation) + '\t' + std::to_string(error) + '\t' +
                     point.path + '\t' + point.other + '\t' + std::to_string(point.offset) + '\t' +
                     std::to_string(point.size) + '\n';
  if (point.size > 0) line.append(static_cast<const char*>(point.data), point.size);
  const long descriptor = ::syscall(SYS_openat, AT_FDCWD, file.c_str(),
                                    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0 || ::syscall(SYS_write, descriptor, line.data(), line.size()) < 0) die();
  ::syscall(SYS_close, descriptor);
}

/// Does the call, unless this is where it must not happen. `failed` is what it returns then.
template <class Result, class Call>
Result at(const Point& point, long number, Result failed, Call call) {
  if (number == 0) return call();
  if (disturbed(number)) {
    const std::string& action = settings().action;
    if (action == "kill" || action == "torn") die();
    const int error = std::atoi(action.c_str());
    if (error > 0 && can_fail(point, error)) {
      record(point, error);
      errno = error;
      return failed;
    }
  }
  errno = 0;
  const Result result = call();
  const int error = errno;
  record(point, result == failed ? error : 0);
  errno = error;
  return result;
}

template <class Result, class Call>
Result at(const Point& point, Result failed, Call call) {
  return at(point, number_of(point), failed, call);
}

/// A write of `size` bytes: all of them, or half at the point that says so.
template <class Call>
ssize_t write_at(Point point, std::size_t size, Call call) {
  point.size = size;
  const long number = number_of(point);
  const std::string& action = settings().action;
  const bool half = disturbed(number) && size > 1 && (action == "torn" || action == "short");
  if (!half) return at(point, number, ssize_t{-1}, [&] { return call(size); });
  point.size = size / 2;
  const ssize_t result = call(point.size);
  record(point, result < 0 ? errno : 0);
  if (action == "torn") die();
  return result;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

/// Opening for writing.
template <class Result, class Call>
Result open_at(int folder, const char* path, bool creates, bool truncates, Result failed,
               Call call) {
  Point point{"open", absolute(folder, path)};
  if (settings().inside(point.path)) {
    if (creates && !exists(point.path)) {
      point.operation = "create";
    } else if (truncates) {
      point.operation = "truncate";
    }
  }
  return at(point, failed, call);
}

bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0; }

int open_point(const char* name, int folder, const char* path, int flags, mode_t mode) {
  const auto call = [&] {
    return real<int (*)(int, const char*, int, ...)>(name)(folder, path, flags, mode);
  };
  if (!writes(flags)) return call();
  return open_at(folder, path, flags & O_CREAT, flags & O_TRUNC, -1, call);
}

FILE* fopen_point(const char* name, const char* path, const char* mode) {
  const auto call = [&] { return real<FILE* (*)(const char*, const char*)>(name)(path, mode); };
  const std::string_view how = mode;
  if (how.find_first_of("wa+") == how.npos) return call();
  return open_at(AT_FDCWD, path, how[0] != 'r', how[0] == 'w', static_cast<FILE*>(nullptr), call);
}

int truncate_point(const char* name, int descriptor, off64_t size) {
  const Point point{"truncate", written_path(descriptor), {}, size};
  return at(point, -1, [&] { return real<int (*)(int, off64_t)>(name)(descriptor, size); });
}

int sync_point(const char* name, int descriptor) {
  const Point point{"sync", settings().counts ? path_of(descriptor) : ""};
  return at(point, -1, [&] { return real<int (*)(int)>(name)(descriptor); });
}

int rename_point(int old_folder, const char* old_path, int folder, const char* path,
                 unsigned flags) {
  constexpr unsigned kExchange = 2;
  const Point point{(flags & kExchange) != 0 ? "exchange" : "rename",
                    absolute(old_folder, old_path), absolute(folder, path)};
  return at(point, -1, [&] {
    return static_cast<int>(::syscall(SYS_renameat2, old_folder, old_path, folder, path, flags));
  });
}

int unlink_point(int folder, const char* path, int flags) {
  const Point point{(flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", absolute(folder, path)};
  return at(point, -1,
            [&] { return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags)); });
}

int mkdir_point(int folder, const char* path, mode_t mode) {
  const Point point{"mkdir", absolute(folder, path)};
  return at(point, -1,
            [&] { return static_cast<int>(::syscall(SYS_mkdirat, folder, path, mode)); });
}

ssize_t pwrite_point(const char* name, int descriptor, const void* data, std::size_t size,
                     off64_t offset) {
  const auto call = [&](std::size_t part) {
    return real<ssize_t (*)(int, const void*, std::size_t, off64_t)>(name)(descriptor, data, part,
                                                                           offset);
  };
  return write_at({"write", written_path(descriptor), {}, offset, data}, size, call);
}

/// Closes in any case: a descriptor whose close failed is gone.
template <class Result, class Call>
Result close_at(int descriptor, Result failed, Call call) {
  const Point point{"close", written_path(descriptor)};
  const long number = number_of(point);
  bool closed = false;
  const Result result = at(point, number, failed, [&] {
    closed = true;
    return call();
  });
  if (closed) return result;
  const int error = errno;
  static_cast<void>(call());
  errno = error;
  return failed;
}

long long place(int descriptor) {
  if (!settings().counts) return 0;
  const int flags = ::fcntl(descriptor, F_GETFL);
  struct stat status {};
  if ((flags & O_APPEND) != 0 && ::fstat(descriptor, &status) == 0) return status.st_size;
  return std::max<off_t>(0, ::lseek(descriptor, 0, SEEK_CUR));
}

}  // namespace

extern "C" {

#define CASTNET_OPEN(NAME)                                    \
  int NAME(const char* path, int flags, ...) {                \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    const mode_t mode = va_arg(rest, mode_t);                 \
    va_end(rest);                                             \
    return open_point("openat", AT_FDCWD, path, flags, mode); \
  }
CASTNET_OPEN(open)
CASTNET_OPEN(open64)
#undef CASTNET_OPEN

#define CASTNET_OPENAT(NAME)                                \
  int NAME(int folder, const char* path, int flags, ...) {  \
    va_list rest;                                           \
    va_start(rest, flags);                                  \
    const mode_t mode = va_arg(rest, mode_t);               \
    va_end(rest);                                           \
    return open_point("openat", folder, path, flags, mode); \
  }
CASTNET_OPENAT(openat)
CASTNET_OPENAT(openat64)
#undef CASTNET_OPENAT

int creat(const char* path, mode_t mode) {
  return open_point("openat", AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

FILE* fopen(const char* path, const char* mode) { return fopen_point("fopen", path, mode); }
FILE* fopen64(const char* path, const char* mode) { return fopen_point("fopen64", path, mode); }

ssize_t write(int descriptor, const void* data, size_t size) {
  return write_at({"write", written_path(descriptor), {}, place(descriptor), data}, size,
                  [&](std::size_t part) {
                    return real<ssize_t (*)(int, const void*, std::size_t)>("write")(descriptor,
                                                                                     data, part);
                  });
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
  return pwrite_point("pwrite", descriptor, data, size, offset);
}

ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) {
  return pwrite_point("pwrite64", descriptor, data, size, offset);
}

ssize_t writev(int descriptor, const iovec* parts, int number) {
  const auto whole = [&] {
    return real<ssize_t (*)(int, const iovec*, int)>("writev")(descriptor, parts, number);
  };
  if (!settings().inside(written_path(descriptor))) return whole();
  std::string bytes;
  for (int i = 0; i < number; ++i) {
    bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  return write(descriptor, bytes.data(), bytes.size());
}

int fsync(int descriptor) { return sync_point("fsync", descriptor); }
int fdatasync(int descriptor) { return sync_point("fdatasync", descriptor); }
int ftruncate(int descriptor, off_t size) noexcept {
  return truncate_point("ftruncate", descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) noexcept {
  return truncate_point("ftruncate64", descriptor, size);
}

int rename(const char* old_path, const char* path) noexcept {
  return rename_point(AT_FDCWD, old_path, AT_FDCWD, path, 0);
}
int renameat(int old_folder, const char* old_path, int folder, const char* path) noexcept {
  return rename_point(old_folder, old_path, folder, path, 0);
}
int renameat2(int old_folder, const char* old_path, int folder, const char* path,
              unsigned flags) noexcept {
  return rename_point(old_folder, old_path, folder, path, flags);
}

int unlink(const char* path) noexcept { return unlink_point(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char* path, int flags) noexcept {
  return unlink_point(folder, path, flags);
}
int rmdir(const char* path) noexcept { return unlink_point(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char* path) noexcept {
  struct stat status {};
  const bool folder = ::lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
  return unlink_point(AT_FDCWD, path, folder ? AT_REMOVEDIR : 0);
}

int mkdir(const char* path, mode_t mode) noexcept { return mkdir_point(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  return mkdir_point(folder, path, mode);
}

int close(int descriptor) {
  return close_at(descriptor, -1, [&] { return real<int (*)(int)>("close")(descriptor); });
}
int fclose(FILE* file) {
  return close_at(::fileno(file), EOF, [&] { return real<int (*)(FILE*)>("fclose")(file); });
}

}  // extern "C"
