// Files that a reader of folders passes over, and file formats by first bytes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace castnet {

/// A kind of files that are passed over.
struct PassedKind {
  std::string noun;    ///< in the singular
  std::string detail;  ///< text after the noun; may be empty
  std::string advice;  ///< what to do; may be empty
  auto operator<=>(const PassedKind&) const = default;
};

/// Counts the files by kind.
class PassedOver {
 public:
  void add(PassedKind kind, const std::filesystem::path& path);
  /// One line for each kind, with the first of its paths.
  std::vector<std::string> lines() const;

 private:
  struct Kind {
    std::size_t count = 0;
    std::filesystem::path example;
  };
  std::map<PassedKind, Kind> kinds_;
};

/// The format of a file by its first bytes, "PNG" or "JPEG" for example; empty for others.
std::string_view format_of(std::string_view head);
/// The format of a file, of which it reads these bytes; empty if the file cannot be read.
std::string_view format_of_file(const std::filesystem::path& path);

}  // namespace castnet
