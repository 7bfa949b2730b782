// How often this test program has allocated memory.
#pragma once

#include <atomic>
#include <cstdint>

namespace castnet::test {

extern std::atomic<std::uint64_t> allocations;

}  // namespace castnet::test
