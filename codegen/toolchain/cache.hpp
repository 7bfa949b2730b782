// The cache: programs that were compiled, for the next time. It is a folder of this user's alone,
// as castnet runs what lies there (docs/cache.md).
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
  Folder folder;    ///< its own
  Descriptor lock;  ///< shared

  static constexpr char kFile[] = "trainer";
  std::filesystem::path path() const { return folder / kFile; }
};

/// Becomes the program, `arguments[0]` is its path. It is not removed while that runs. Throws
/// std::system_error if it cannot be run.
[[noreturn]] void become(const Program& program, const std::vector<std::string>& arguments);

/// What `castnet cache list` tells of a program.
struct CacheEntry {
  std::string name;            ///< of its folder: NETWORK-KEY
  std::string network;         ///< the spec's name
  std::uint64_t bytes = 0;     ///< of all its files
  std::int64_t last_used = 0;  ///< seconds since 1970, UTC
};

/// A folder of the cache in which a program is made. It is removed at the end, with all that is in
/// it, unless Cache::keep() takes it. It must not outlive the cache.
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
  Descriptor lock_;  ///< tells others that this process lives
};

/// The folder of the cache, held open. All members throw FileError.
class Cache {
 public:
  /// Where it is: castnet/ in XDG_CACHE_HOME, else in .cache/ of HOME, else of the home that the
  /// system's user database has. Throws std::runtime_error where there is none of these.
  static std::filesystem::path place();

  /// Opens it; it is made if need be. Throws if it is another user's, or if others may write to it.
  Cache();

  const std::filesystem::path& path() const { return folder_.path(); }

  /// The program of an entry, unless it has to be made. Throws if others may have put it there.
  std::unique_ptr<const Program> find(const std::string& entry) const;
  /// A folder for making that of the entry.
  std::unique_ptr<Building> begin(const std::string& entry) const;
  /// Puts what was made into its place. Others may have been quicker: theirs is taken then.
  std::unique_ptr<const Program> keep(Building& building, const std::string& entry) const;

  /// In order of use, the last first.
  std::vector<CacheEntry> entries() const;
  /// Removes what dead processes left, programs that were long not used, and of more than the cache
  /// is to hold those not used for longest. Programs in use stay.
  void tidy() const;
  /// Removes all that is not in use, and returns the entries that are.
  std::vector<CacheEntry> clear() const;

 private:
  bool remove_unused(const std::string& name) const;
  void remove_leftovers() const;

  Folder folder_;
};

}  // namespace castnet::codegen
