#include "cli/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "cli/files.hpp"

namespace castnet::codegen {

FolderLock::FolderLock(const std::filesystem::path& folder, const std::string& other) {
  make_folder(folder);
  descriptor_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) throw FileError("open the folder", folder, errno);
  // A file system that has no locks, as some networks', is no reason to refuse.
  if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  close(descriptor_);
  throw std::runtime_error(
      fmt::format("{0} is writing in {1}; wait for it, or give another folder with --out", other,
                  folder.string()));
}

FolderLock::~FolderLock() { close(descriptor_); }

}  // namespace castnet::codegen
