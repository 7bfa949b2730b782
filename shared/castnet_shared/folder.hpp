// A folder that is held open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "castnet_shared/file.hpp"

namespace castnet {

/// The kind of an entry in a folder.
enum class EntryKind { none, file, folder, link, other };

/// A folder that is held open, whose files are named relative to it. If somebody renames the folder
/// or puts a link in its place, files are still written into this folder. Symbolic links in it are
/// not followed. All members throw FileError.
class Folder {
 public:
  /// Opens a folder, which is created with its parents if it does not exist. Links to it are
  /// followed, because the user named it.
  explicit Folder(std::filesystem::path path);
  /// Opens an existing folder. Links to it are followed, as above.
  static Folder open(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  /// The descriptor, for system calls.
  int descriptor() const { return descriptor_.get(); }
  /// The path of a file of this name, for messages.
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  /// Locks the folder for as long as this object lives; false if another process (or object) has
  /// locked it. Where a file system cannot lock a folder, its writers are not told of each other.
  bool lock() const;

  /// A folder in this one, made unless it is there.
  Folder folder(std::string_view name) const;
  /// A folder in this one, if there is one.
  std::optional<Folder> find_folder(std::string_view name) const;

  /// The entries of the folder, in no order.
  std::vector<std::string> names() const;
  /// Whether something in it has this name.
  bool holds(std::string_view name) const;
  /// The kind of that entry.
  EntryKind kind_of(std::string_view name) const;

  /// All bytes of a regular file. Throws if there is none, or more than `most`.
  std::string read(std::string_view name, std::uint64_t most) const;
  /// The last bytes of a regular file, at most so many. Throws if there is none.
  std::string read_end(std::string_view name, std::uint64_t most) const;
  /// A file to write to piece by piece, made unless it is there; emptied unless it is `appended`
  /// to. Throws at a link.
  Descriptor open_log(std::string_view name, bool appended) const;
  /// Replaces a file as write_file() does; a link of this name is replaced, too. Temporary files of
  /// it that a process left that was killed are removed.
  void write(std::string_view name, std::string_view bytes) const;
  /// Removes a file or link, if there is one.
  void remove(std::string_view name) const;
  /// Removes a folder, if there is one and it is empty.
  void remove_folder(std::string_view name) const;
  /// Removes a file or link, or a folder and all that is in it, if there is one.
  void remove_all(std::string_view name) const;
  /// Gives something another name, which a power cut does not undo. False, and nothing is done, if
  /// that is the name of a folder that is not empty.
  bool move(std::string_view from, std::string_view to) const;

 private:
  void remove_leftovers(std::string_view name) const;
  Folder(Descriptor descriptor, std::filesystem::path path);
  RegularFile open_file(std::string_view name) const;
  void sync() const;

  std::filesystem::path path_;
  Descriptor descriptor_;
};

/// The name of the file that a temporary file of this name would have replaced, had its process not
/// been killed; empty if no such file has this name.
std::string_view target_of_temporary(std::string_view name);

}  // namespace castnet
