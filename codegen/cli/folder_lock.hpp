// A folder for one process at a time.
#pragma once

#include <filesystem>
#include <string>

namespace castnet::codegen {

/// While it exists, no other process holds the folder, which is made. It ends with the process,
/// however that ends, and leaves no file behind.
class FolderLock {
 public:
  /// Throws std::runtime_error if the folder is held, by `other`, and std::system_error if it
  /// cannot be made or opened.
  FolderLock(const std::filesystem::path& folder, const std::string& other);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace castnet::codegen
