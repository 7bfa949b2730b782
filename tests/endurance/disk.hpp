// A small disk of memory that is full when it has to be.
#pragma once

#include <filesystem>

namespace castnet::endurance {

/// Mounted on a folder for as long as this lives, for this process and its children alone, where
/// that is allowed.
class OwnDisk {
 public:
  explicit OwnDisk(std::filesystem::path folder);
  ~OwnDisk();
  OwnDisk(const OwnDisk&) = delete;
  OwnDisk& operator=(const OwnDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  std::filesystem::path folder_;
  bool mounted_;
};

/// Leaves so many KiB free on it. Throws std::system_error.
void leave_free(const std::filesystem::path& folder, long kib);

}  // namespace castnet::endurance
