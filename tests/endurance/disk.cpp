#include "disk.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace castnet::endurance {

OwnDisk::OwnDisk(std::filesystem::path folder)
    : folder_(std::move(folder)),
      mounted_(unshare(CLONE_NEWNS) == 0 &&
               mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=256m") == 0) {}

OwnDisk::~OwnDisk() {
  if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
}

void leave_free(const std::filesystem::path& folder, long kib) {
  using namespace std::chrono_literals;
  // Fewer bytes than are used are refused (EINVAL), and a process that was killed may still write
  // some.
  for (int attempt = 0; attempt < 50; ++attempt) {
    struct statvfs status {};
    if (statvfs(folder.c_str(), &status) != 0) break;
    const unsigned long used = (status.f_blocks - status.f_bfree) * status.f_frsize / 1024;
    const std::string size = fmt::format("size={}k", used + static_cast<unsigned long>(kib));
    if (mount("tmpfs", folder.c_str(), "tmpfs", MS_REMOUNT, size.c_str()) == 0) return;
    if (errno != EINVAL) break;
    std::this_thread::sleep_for(20ms);
  }
  throw std::system_error(errno, std::generic_category(), folder.string());
}

}  // namespace castnet::endurance
