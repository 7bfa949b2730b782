// How much memory there is, by files that imitate those of Linux.
#include "castnet_shared/memory.hpp"

#include <sys/resource.h>

#include <cstdint>
#include <optional>
#include <string>

#include "../catch.hpp"
#include "temporary_folder.hpp"

using namespace castnet;
using Catch::Contains;

namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr std::uint64_t kUnlimited = 0x7ffffffffffff000;  // what version 1 says for "none"

void write_meminfo(const test::TemporaryFolder& root, std::uint64_t available,
                   std::uint64_t swap = 0) {
  root.write("proc/meminfo", "MemTotal:       99999999 kB\nMemFree:        1 kB\nMemAvailable:   " +
                                 std::to_string(available / 1024) +
                                 " kB\nSwapFree:       " + std::to_string(swap / 1024) + " kB\n");
}

/// Of version 2: `used` bytes, `cached` of which are only a cache of files.
void write_group(const test::TemporaryFolder& root, const std::string& group,
                 const std::string& limit, std::uint64_t used, std::uint64_t cached = 0) {
  const std::string folder = "sys/fs/cgroup/" + group;
  root.write(folder + "memory.max", limit + "\n");
  root.write(folder + "memory.current", std::to_string(used) + "\n");
  root.write(folder + "memory.stat", "anon 5\ninactive_file " + std::to_string(cached / 2) +
                                         "\nactive_file " + std::to_string(cached / 2) + "\n");
}

}  // namespace

TEST_CASE("memory that nothing is known of is no limit", "[runtime][memory]") {
  const test::TemporaryFolder root;
  CHECK_FALSE(available_memory(root.path()));
  root.write("proc/meminfo", "MemTotal: 5 kB\nMemFree: 1 kB\n");  // before Linux 3.14
  root.write("proc/self/cgroup", "nonsense\n0::/gone\n");
  CHECK_FALSE(available_memory(root.path()));
  CHECK_FALSE(why_too_large({.name = "net", .batch = 1, .network = 1000 * kGiB}, 0, {}));
}

TEST_CASE("the system's memory counts with its swap", "[runtime][memory]") {
  const test::TemporaryFolder root;
  write_meminfo(root, 3 * kGiB, kGiB);
  REQUIRE(available_memory(root.path()));
  CHECK(available_memory(root.path())->bytes == 4 * kGiB);
  CHECK(available_memory(root.path())->limit == "what the system has left");
}

TEST_CASE("the tightest control group is the limit", "[runtime][memory]") {
  const test::TemporaryFolder root;
  write_meminfo(root, 8 * kGiB);
  SECTION("version 2, without what is only cached") {
    root.write("proc/self/cgroup", "0::/user/training\n");
    write_group(root, "", std::to_string(6 * kGiB), kGiB);
    write_group(root, "user/", "max", kGiB);
    write_group(root, "user/training/", std::to_string(4 * kGiB), 3 * kGiB, 2 * kGiB);
    CHECK(available_memory(root.path())->bytes == 3 * kGiB);
    CHECK_THAT(available_memory(root.path())->limit, Contains("user/training/memory.max"));
  }
  SECTION("one around it") {
    root.write("proc/self/cgroup", "0::/user/training\n");
    write_group(root, "user/", std::to_string(2 * kGiB), kGiB);
    write_group(root, "user/training/", std::to_string(4 * kGiB), kGiB);
    CHECK(available_memory(root.path())->bytes == kGiB);
  }
  SECTION("a container's, which it sees at the mount") {
    root.write("proc/self/cgroup", "0::/not/seen/here\n");
    write_group(root, "", std::to_string(2 * kGiB), 3 * kGiB);
    CHECK(available_memory(root.path())->bytes == 0);
  }
  SECTION("version 1") {
    root.write("proc/self/cgroup", "5:devices:/x\n4:cpu,memory:/box\n0::/\n");
    const std::string mount = "sys/fs/cgroup/memory/";
    root.write(mount + "memory.limit_in_bytes", std::to_string(kUnlimited));
    root.write(mount + "memory.usage_in_bytes", std::to_string(kGiB));
    CHECK(available_memory(root.path())->bytes == 8 * kGiB);
    root.write(mount + "box/memory.limit_in_bytes", std::to_string(5 * kGiB));
    root.write(mount + "box/memory.usage_in_bytes", std::to_string(2 * kGiB));
    root.write(mount + "box/memory.stat",
               "inactive_file 1\ntotal_inactive_file " + std::to_string(kGiB) + "\n");
    CHECK(available_memory(root.path())->bytes == 4 * kGiB);
  }
}

TEST_CASE("ulimit -v is a limit", "[runtime][memory]") {
  const test::TemporaryFolder root;
  root.write("proc/self/statm", "1000 10 10 1 0 10 0\n");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  const rlim_t limit = rlim_t{1} << 46;  // more than a sanitizer needs
  if (before.rlim_max != RLIM_INFINITY && before.rlim_max < limit) return;
  const rlimit small{.rlim_cur = limit, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_AS, &small) == 0);
  const auto available = available_memory(root.path());
  ::setrlimit(RLIMIT_AS, &before);
  REQUIRE(available);
  CHECK(available->bytes < limit);
  CHECK(available->bytes > limit - 1000 * 65536 - 1);
  CHECK_THAT(available->limit, Contains("ulimit -v"));
}

TEST_CASE("too little memory is told with both numbers and what to do", "[runtime][memory]") {
  MemoryNeed need{.name = "net", .batch = 4096, .network = 5'000'000'000, .data = 184'000'000};
  const AvailableMemory available{4'999'999'999, "what the system has left"};
  CHECK(*why_too_large(need, 0, available) ==
        "too little memory: the network 'net' needs 5.18 GB of memory with batch 4096: "
        "5,000,000,000 bytes for itself, as castnet check says, and 184.0 MB for the data; 5.00 GB "
        "are available "
        "(what the system has left); lower train.batch (--set train.batch=N; castnet check says "
        "what a batch takes)");
  // Data that have been read are in memory already.
  CHECK(why_too_large(need, 183'000'000, available));
  CHECK_FALSE(why_too_large(need, 184'000'001, available));
}

TEST_CASE("data take their images, labels, order and results", "[runtime][memory]") {
  CHECK(data_bytes(100, 10, 784) == 110 * 785 + 100 * 4 + 10 * 12);
}
