#include "allocations.hpp"

#include <cstdlib>
#include <new>

using castnet::test::allocations;
using castnet::test::largest_allocation;

std::atomic<std::uint64_t> castnet::test::allocations{0};
std::atomic<std::uint64_t> castnet::test::largest_allocation{0};

namespace {

void count(std::size_t size) {
  ++allocations;
  std::uint64_t largest = largest_allocation;
  while (size > largest && !largest_allocation.compare_exchange_weak(largest, size)) {
  }
}

}  // namespace

// Counts every allocation of the test program.
void* operator new(std::size_t size) {
  count(size);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  count(size);
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
