// What a power cut may leave of a recorded program's files.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "record.hpp"

namespace castnet::endurance {

/// Which changes of names that were not fsynced are lost. Such data of files always are.
enum class Lost {
  data,   ///< none: every name that was made, changed or removed is so
  names,  ///< all, in folders that were not fsynced since
  first,  ///< the first one alone: a file system may write them in any order
};

/// Files below a folder as a program changes them, with what is safe from a power cut: a file's
/// data by fsync of the file, its name by fsync of the folder.
class Disk {
 public:
  /// As the folder is now, all of it safe.
  explicit Disk(const std::filesystem::path& folder);

  /// Calls that failed change nothing.
  void apply(const Operation& operation);

  /// Makes the folder what a power cut would leave of it.
  void restore(Lost lost) const;

 private:
  struct Node;
  using Entries = std::map<std::string, std::shared_ptr<Node>>;

  /// A file or folder, whatever its name.
  struct Node {
    bool folder = false;
    std::string data = {};
    std::string safe_data = {};  ///< at the last fsync
    Entries entries = {};
    Entries safe_entries = {};
  };

  /// A folder's name for something, or for nothing any longer.
  struct Entry {
    std::shared_ptr<Node> folder;
    std::string name;
    std::shared_ptr<Node> node;
  };

  /// A change of names that is not safe before all these folders have been fsynced.
  struct Change {
    std::vector<Entry> entries;
    std::set<const Node*> waits_for;
  };

  using Folders = std::map<const Node*, Entries>;

  std::shared_ptr<Node> find(const std::filesystem::path& path) const;
  void change(const std::vector<std::pair<std::filesystem::path, std::shared_ptr<Node>>>& names);
  void sync(const std::filesystem::path& path);
  static void write(const Node& folder, const std::filesystem::path& path, const Folders& changed);

  std::filesystem::path path_;
  std::shared_ptr<Node> root_;
  std::vector<Change> pending_;
};

}  // namespace castnet::endurance
