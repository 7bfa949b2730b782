#include "toolchain/cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "castnet_shared/sha256.hpp"
#include "toolchain/process.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLongestUnused = 60 * 24 * 3600;  // seconds
constexpr std::uint64_t kMostBytes = std::uint64_t(1) << 30;

constexpr std::uint64_t kLargestProgram = std::uint64_t(1) << 30;
constexpr std::uint64_t kKeptSum = 64;

constexpr std::size_t kKeyDigits = 16;  // behind the name of an entry and a hyphen
constexpr char kLockFile[] = ".lock";
/// A folder in which a program is built is called `.KEY.NUMBER.building`.
constexpr std::string_view kBuildingEnd = ".building";

constexpr mode_t kOwnFolder = 0700;
constexpr mode_t kWritableByOthers = 0022;

/// The home directory in the system's user database, or nothing.
std::optional<fs::path> home_of_user() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> texts{};
  const int failed = getpwuid_r(geteuid(), &entry, texts.data(), texts.size(), &found);
  if (failed != 0 || !found || !found->pw_dir || !*found->pw_dir) return {};
  return found->pw_dir;
}

/// Others must not be able to write to the programs that castnet runs: they could put their own
/// there.
void require_own(const Folder& folder) {
  struct stat status {};
  if (::fstat(folder.descriptor(), &status) != 0) throw FileError("read", folder.path(), errno);
  if (status.st_uid != geteuid()) {
    throw FileError("use", folder.path(),
                    fmt::format("it belongs to user {}, and castnet, run by user {}, runs only "
                                "programs of its own user",
                                status.st_uid, geteuid()));
  }
  if (status.st_mode & kWritableByOthers) {
    throw FileError("use", folder.path(),
                    fmt::format("others may write to it, and castnet runs programs that lie there; "
                                "remove it if you do not trust them, else chmod go-w '{}'",
                                folder.path().string()));
  }
}

Folder open_cache() {
  const fs::path path = Cache::place();
  make_folder(path.parent_path());
  // Sets the mode independently of the umask.
  if (::mkdir(path.c_str(), kOwnFolder) != 0 && errno != EEXIST) {
    throw FileError("create the folder", path, errno);
  }
  return Folder(path);
}

/// The locks are files and not folders, because network file systems lock no folders.
Descriptor open_lock(const Folder& folder) {
  Descriptor file(::openat(folder.descriptor(), kLockFile,
                           O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (file.get() < 0) throw FileError("write", folder / kLockFile, errno);
  return file;
}

/// Whether the lock was acquired. Another process may hold it, or the file system may have no
/// locks.
bool lock(const Descriptor& file, int how) {
  while (::flock(file.get(), how) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

/// While this object lives, no other castnet changes the set of folders in the cache.
class Turn {
 public:
  explicit Turn(const Folder& cache) : lock_(open_lock(cache)) { lock(lock_, LOCK_EX); }
  /// A child that is about to become another program holds the same lock.
  ~Turn() { lock(lock_, LOCK_UN); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Descriptor lock_;
};

std::string_view key_of(std::string_view entry) { return entry.substr(entry.size() - kKeyDigits); }

bool is_entry(std::string_view name) {
  return name.size() > kKeyDigits + 1 && name.front() != '.' &&
         name[name.size() - kKeyDigits - 1] == '-' &&
         key_of(name).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The kind of the entry with this name in a folder of the cache. Links are not followed.
std::optional<struct stat> status_of(const Folder& folder, const std::string& name) {
  struct stat status {};
  const int failed = ::fstatat(folder.descriptor(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW);
  return failed ? std::nullopt : std::optional(status);
}

/// Whether the program exists.
bool holds_program(const Folder& folder) {
  require_own(folder);
  const auto status = status_of(folder, Program::kFile);
  if (!status) return false;
  if (S_ISREG(status->st_mode) && status->st_uid == geteuid()) return true;
  throw FileError("use", folder / Program::kFile,
                  "it is no regular file of this user's, so castnet has not made it; remove it");
}

/// The program's SHA-256 in hexadecimal digits.
std::string sum_of(const Folder& folder) {
  return sha256_hex(folder.read(Program::kFile, kLargestProgram));
}

/// Whether the program is the one that was built.
bool is_intact(const Folder& folder) {
  return folder.holds(Program::kSum) && folder.read(Program::kSum, kKeptSum) == sum_of(folder);
}

void require_programs_to_run(const Folder& folder) {
  struct statvfs status {};
  if (::fstatvfs(folder.descriptor(), &status) != 0 || !(status.f_flag & ST_NOEXEC)) return;
  throw FileError("use", folder.path(),
                  "its file system is mounted with noexec, and castnet runs the programs that it "
                  "keeps there");
}

void sync_file(const Folder& folder, const std::string& name) {
  const Descriptor file(
      ::openat(folder.descriptor(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (file.get() < 0 || ::fsync(file.get()) != 0) throw FileError("write", folder / name, errno);
}

/// The time of an entry's last use is the time when its lock was last touched.
std::unique_ptr<const Program> used(Folder folder, Descriptor file) {
  lock(file, LOCK_SH);
  static_cast<void>(::futimens(file.get(), nullptr));
  return std::make_unique<const Program>(Program{std::move(folder), std::move(file)});
}

CacheEntry entry_of(const Folder& folder, const std::string& name) {
  CacheEntry entry{name, name.substr(0, name.size() - kKeyDigits - 1), 0, 0};
  for (const std::string& file : folder.names()) {
    const auto status = status_of(folder, file);
    if (!status) continue;
    entry.bytes += static_cast<std::uint64_t>(status->st_size);
    entry.last_used = std::max<std::int64_t>(entry.last_used, status->st_mtime);
  }
  // An earlier castnet made entries without a lock.
  if (const auto touched = status_of(folder, kLockFile)) entry.last_used = touched->st_mtime;
  return entry;
}

}  // namespace

void become(const Program& program, const std::vector<std::string>& arguments) {
  ::fcntl(program.lock.get(), F_SETFD, 0);
  become(arguments, program.folder.descriptor());
}

Building::Building(const Folder& cache, std::string name, Folder folder, Descriptor lock)
    : cache_(cache), name_(std::move(name)), folder_(std::move(folder)), lock_(std::move(lock)) {}

Building::~Building() {
  if (name_.empty()) return;
  try {
    cache_.remove_all(name_);
  } catch (const FileError& error) {
    fmt::print(stderr, "castnet: {}\n", error.what());
  }
}

fs::path Cache::place() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) {
    return fs::path(cache) / "castnet";
  }
  if (const char* home = std::getenv("HOME"); home && *home) {
    return fs::path(home) / ".cache" / "castnet";
  }
  if (const auto home = home_of_user()) return *home / ".cache" / "castnet";
  throw std::runtime_error(
      fmt::format("no folder for compiled programs: neither XDG_CACHE_HOME nor HOME is set, and "
                  "user {} has no home; set XDG_CACHE_HOME to a folder of your own",
                  geteuid()));
}

Cache::Cache() : folder_(open_cache()) { require_own(folder_); }

std::unique_ptr<const Program> Cache::find(const std::string& entry) const {
  require_programs_to_run(folder_);
  const Turn turn(folder_);
  auto folder = folder_.find_folder(entry);
  if (!folder || !holds_program(*folder)) return nullptr;
  if (!is_intact(*folder)) {
    fmt::print(stderr, "castnet: the program in {} is damaged or incomplete\n",
               folder->path().string());
    folder_.remove_all(entry);
    return nullptr;
  }
  Descriptor file = open_lock(*folder);
  return used(std::move(*folder), std::move(file));
}

std::unique_ptr<Building> Cache::begin(const std::string& entry) const {
  const Turn turn(folder_);
  for (int number = getpid();; ++number) {
    std::string name = fmt::format(".{}.{}{}", key_of(entry), number, kBuildingEnd);
    if (::mkdirat(folder_.descriptor(), name.c_str(), kOwnFolder) != 0) {
      if (errno == EEXIST) continue;
      throw FileError("create the folder", folder_ / name, errno);
    }
    auto folder = folder_.find_folder(name);
    if (!folder) throw FileError("open the folder", folder_ / name, ENOENT);
    Descriptor file = open_lock(*folder);
    lock(file, LOCK_EX);
    return std::make_unique<Building>(folder_, std::move(name), std::move(*folder),
                                      std::move(file));
  }
}

std::unique_ptr<const Program> Cache::keep(Building& building, const std::string& entry) const {
  sync_file(building.folder_, Program::kFile);
  building.folder_.write(Program::kSum, sum_of(building.folder_));
  sync_file(building.folder_, ".");
  const Turn turn(folder_);
  if (!folder_.move(building.name_, entry)) {
    auto folder = folder_.find_folder(entry);
    if (folder && holds_program(*folder) && is_intact(*folder)) {
      Descriptor file = open_lock(*folder);
      return used(std::move(*folder), std::move(file));
    }
    // An earlier castnet was killed while it made this one.
    folder_.remove_all(entry);
    if (!folder_.move(building.name_, entry)) throw FileError("write", folder_ / entry, ENOTEMPTY);
  }
  building.name_.clear();
  auto folder = folder_.find_folder(entry);
  if (!folder) throw FileError("open the folder", folder_ / entry, ENOENT);
  return used(std::move(*folder), std::move(building.lock_));
}

std::vector<CacheEntry> Cache::entries() const {
  std::vector<CacheEntry> all;
  for (const std::string& name : folder_.names()) {
    const auto status = status_of(folder_, name);
    if (!is_entry(name) || !status || !S_ISDIR(status->st_mode)) continue;
    if (const auto folder = folder_.find_folder(name)) all.push_back(entry_of(*folder, name));
  }
  std::ranges::sort(all, [](const CacheEntry& a, const CacheEntry& b) {
    return std::pair(-a.last_used, a.name) < std::pair(-b.last_used, b.name);
  });
  return all;
}

/// Without locks on the file system, it is unknown which programs are in use.
bool Cache::remove_unused(const std::string& name) const {
  if (const auto folder = folder_.find_folder(name)) {
    const Descriptor file = open_lock(*folder);
    if (!lock(file, LOCK_EX | LOCK_NB)) return false;
    folder_.remove_all(name);
  }
  return true;
}

void Cache::remove_leftovers() const {
  for (const std::string& name : folder_.names()) {
    if (name.starts_with('.') && name.ends_with(kBuildingEnd)) remove_unused(name);
  }
}

void Cache::tidy() const {
  const Turn turn(folder_);
  remove_leftovers();
  const std::int64_t now = std::time(nullptr);
  std::uint64_t bytes = 0;
  for (const CacheEntry& entry : entries()) {
    const bool old = now - entry.last_used > kLongestUnused;
    const bool removed = (old || bytes + entry.bytes > kMostBytes) && remove_unused(entry.name);
    if (!removed) bytes += entry.bytes;
  }
}

std::vector<CacheEntry> Cache::clear() const {
  const Turn turn(folder_);
  remove_leftovers();
  std::vector<CacheEntry> kept;
  for (const CacheEntry& entry : entries()) {
    if (!remove_unused(entry.name)) kept.push_back(entry);
  }
  return kept;
}

}  // namespace castnet::codegen
