// The cache keeps compiled programs for later use. It is a folder of this user alone, because
// castnet runs the programs in it (docs/cache.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "castnet_shared/file.hpp"
#include "castnet_shared/folder.hpp"

namespace castnet::codegen {

/// A program of the cache. It is not removed while this object lives.
struct Program {
  Folder folder;    ///< its folder
  Descriptor lock;  ///< a shared lock

  static constexpr char kFile[] = "trainer";
  static constexpr char kSum[] = "trainer.sha256";  ///< its SHA-256 in hexadecimal digits
  std::filesystem::path path() const { return folder / kFile; }
};

/// Becomes the program; `arguments[0]` is its path. The program is not removed while it runs.
/// Throws std::system_error if it cannot be run.
[[noreturn]] void become(const Program& program, const std::vector<std::string>& arguments);

/// The facts about a program in `castnet cache list`.
struct CacheEntry {
  std::string name;            ///< name of its folder: NETWORK-KEY
  std::string network;         ///< the spec's name
  std::uint64_t bytes = 0;     ///< size of all its files
  std::int64_t last_used = 0;  ///< seconds since 1970, UTC
};

/// A folder of the cache in which a program is built. It is removed at the end with its contents,
/// unless Cache::keep() takes it. It must not outlive the cache.
class Building {
 public:
  Building(const Folder& cache, std::string name, Folder folder, Descriptor lock);
  Building(const Building&) = delete;
  Building& operator=(const Building&) = delete;
  ~Building();

  const Folder& folder() const { return folder_; }

 private:
  friend class Cache;
  const Folder& cache_;
  std::string name_;  ///< empty once it was taken
  Folder folder_;
  Descriptor lock_;  ///< shows others that this process is alive
};

/// The folder of the cache, held open. All members throw FileError.
class Cache {
 public:
  /// The path of the cache: castnet/ in XDG_CACHE_HOME, or in .cache/ of HOME, or in .cache/ of the
  /// home directory in the system's user database. Throws std::runtime_error if none of these is
  /// known.
  static std::filesystem::path place();

  /// Opens the cache, and creates it if it does not exist. Throws if it belongs to another user, or
  /// if others may write to it.
  Cache();

  const std::filesystem::path& path() const { return folder_.path(); }

  /// The program of an entry, unless it has to be built: a damaged one is told and removed. Throws
  /// if others may have put it there, or if the file system runs no programs.
  std::unique_ptr<const Program> find(const std::string& entry) const;
  /// A folder in which to build the program of the entry.
  std::unique_ptr<Building> begin(const std::string& entry) const;
  /// Moves the new program to its place. If another process was quicker, its program is taken.
  std::unique_ptr<const Program> keep(Building& building, const std::string& entry) const;

  /// The programs in the order of their use, the most recent first.
  std::vector<CacheEntry> entries() const;
  /// Removes files of dead processes and programs that have long been unused. While the cache is
  /// too large, it removes the programs that have not been used for the longest time. Programs in
  /// use stay.
  void tidy() const;
  /// Removes all programs that are not in use, and returns the entries of those that are.
  std::vector<CacheEntry> clear() const;

 private:
  bool remove_unused(const std::string& name) const;
  void remove_leftovers() const;

  Folder folder_;
};

}  // namespace castnet::codegen
