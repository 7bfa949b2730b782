#include "allocations.hpp"

#include <cstdlib>
#include <new>

using castnet::test::allocations;

std::atomic<std::uint64_t> castnet::test::allocations{0};

// Counts every allocation of the test program.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
