#include "castnet_shared/memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

namespace castnet {
namespace {

namespace fs = std::filesystem;
using Bytes = std::optional<std::uint64_t>;

/// A file of one number; nothing if it is not there or says otherwise, as "max".
Bytes number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::uint64_t value = 0;
  return stream >> value ? Bytes(value) : std::nullopt;
}

/// The number behind `key` in a file of lines "KEY NUMBER".
Bytes number_in(const fs::path& file, std::string_view key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string word;
    std::uint64_t value = 0;
    if (words >> word >> value && word == key) return value;
  }
  return {};
}

std::uint64_t left_of(std::uint64_t limit, std::uint64_t used) {
  return limit > used ? limit - used : 0;
}

void lower(std::optional<AvailableMemory>& least, std::uint64_t bytes, std::string limit) {
  if (!least || bytes < least->bytes) least = AvailableMemory{bytes, std::move(limit)};
}

/// The files of one version of Linux's control groups.
struct GroupFiles {
  const char* limit;
  const char* used;
  std::array<const char*, 2> cached;  ///< in memory.stat: of `used`, what is given back when needed
};
constexpr GroupFiles kVersion2 = {"memory.max", "memory.current", {"active_file", "inactive_file"}};
constexpr GroupFiles kVersion1 = {
    "memory.limit_in_bytes", "memory.usage_in_bytes", {"total_active_file", "total_inactive_file"}};

/// The memory that a control group has left, without its swap.
Bytes left_in(const fs::path& group, const GroupFiles& files) {
  const Bytes limit = number_in(group / files.limit);
  const Bytes used = number_in(group / files.used);
  if (!limit || !used) return {};
  std::uint64_t cached = 0;
  for (const char* key : files.cached) {
    cached += number_in(group / "memory.stat", key).value_or(0);
  }
  return left_of(*limit, left_of(*used, cached));
}

/// A group and those around it, up to the mount: each may have a limit. A container may see its own
/// group at the mount, whatever the path.
void lower_by_groups(std::optional<AvailableMemory>& least, const fs::path& mount,
                     const std::string& path, const GroupFiles& files, std::uint64_t swap) {
  fs::path group = fs::path(path).relative_path();
  for (;; group = group.parent_path()) {
    if (const Bytes left = left_in(mount / group, files)) {
      lower(least, *left + swap,
            fmt::format("the limit of the control group, {}",
                        (mount / group / files.limit).string()));
    }
    if (group.empty()) return;
  }
}

void lower_by_groups(std::optional<AvailableMemory>& least, const fs::path& root,
                     std::uint64_t swap) {
  const fs::path mount = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");  // lines "NUMBER:CONTROLLERS:PATH"
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") {
      lower_by_groups(least, mount, path, kVersion2, swap);
    } else if (controllers.find(",memory,") != std::string::npos) {
      lower_by_groups(least, mount / "memory", path, kVersion1, swap);
    }
  }
}

/// ulimit -v.
void lower_by_process(std::optional<AvailableMemory>& least, const fs::path& root) {
  rlimit limit{};
  const Bytes pages = number_in(root / "proc/self/statm");
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || !pages) return;
  const std::uint64_t used = *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  lower(least, left_of(limit.rlim_cur, used), "the process's limit, ulimit -v");
}

/// A number in the form of castnet check: "24,989,868,472".
std::string thousands(std::uint64_t value) {
  std::string text = fmt::to_string(value);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace

std::optional<AvailableMemory> available_memory(const fs::path& root) {
  constexpr std::uint64_t kKiB = 1024;
  std::optional<AvailableMemory> least;
  const fs::path system = root / "proc/meminfo";
  const std::uint64_t swap = kKiB * number_in(system, "SwapFree:").value_or(0);
  if (const Bytes available = number_in(system, "MemAvailable:")) {
    lower(least, kKiB * *available + swap, "what the system has left");
  }
  lower_by_groups(least, root, swap);
  lower_by_process(least, root);
  return least;
}

std::uint64_t data_bytes(std::uint64_t training_images, std::uint64_t test_images,
                         std::uint64_t image) {
  constexpr std::uint64_t kLabel = 1, kPlace = 4, kResults = 12;
  return training_images * (image + kLabel + kPlace) + test_images * (image + kLabel + kResults);
}

std::string bytes_text(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  return value < 1e9 ? fmt::format("{:.1f} MB", value / 1e6)
                     : fmt::format("{:.2f} GB", value / 1e9);
}

std::optional<std::string> why_no_room(std::uint64_t bytes) {
  const auto available = available_memory();
  if (!available || bytes <= available->bytes) return {};
  return fmt::format("take {}, but {} are available ({})", bytes_text(bytes),
                     bytes_text(available->bytes), available->limit);
}

std::string to_text(const MemoryNeed& need) {
  std::string data;
  if (need.data > 0) data = fmt::format(", and {} for the data", bytes_text(need.data));
  return fmt::format("the network '{}' needs {} of memory with batch {}: {} bytes for itself, {}{}",
                     need.name, bytes_text(need.network + need.data), need.batch,
                     thousands(need.network), need.why, data);
}

std::optional<std::string> why_too_large(const MemoryNeed& need, std::uint64_t taken,
                                         const std::optional<AvailableMemory>& available) {
  if (!available || need.network + need.data <= available->bytes + taken) return {};
  return fmt::format("too little memory: {}; {} are available ({}); {}", to_text(need),
                     bytes_text(available->bytes + taken), available->limit, kLowerBatch);
}

}  // namespace castnet
