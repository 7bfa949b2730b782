// How often this test program has allocated memory, and how much at once.
#pragma once

#include <atomic>
#include <cstdint>

namespace castnet::test {

extern std::atomic<std::uint64_t> allocations;
extern std::atomic<std::uint64_t> largest_allocation;  ///< in bytes

}  // namespace castnet::test
