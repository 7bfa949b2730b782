#include "host_cuda/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "host_cuda/fail.hpp"
#include "host_cuda/fault.hpp"

namespace castnet::host_cuda {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kAlignment = 256;
constexpr int kFresh = 0xff;  // as floats and doubles: NaN
// As large as room for measurements, which nobody uses up: not worth the time of filling it.
constexpr std::size_t kNotFilled = std::size_t{256} << 20;
constexpr unsigned char kPattern = 0xa5;

constexpr std::size_t rounded_up(std::size_t value, std::size_t to) {
  return (value + to - 1) / to * to;
}

std::uintptr_t number(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

// CASTNET_HOST_CUDA_PROTECT=off: the host's accesses are not caught; large memory works faster.
bool protects() {
  const char* value = std::getenv("CASTNET_HOST_CUDA_PROTECT");
  return value == nullptr || std::strcmp(value, "off") != 0;
}

void set_access(const Allocation& allocation, int access) {
  if (mprotect(allocation.pages, allocation.bytes, access) != 0) fail("mprotect failed");
}

// Pages without access, and one more on both sides. Large memory ends where a huge page can end:
// changing the access of huge pages costs little.
char* reserve(std::size_t bytes) {
  const std::size_t huge = bytes >= kHugePage ? kHugePage : kPage;
  void* reserved = mmap(nullptr, bytes + huge + 2 * kPage, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return nullptr;
  const std::uintptr_t end = rounded_up(number(reserved) + kPage + bytes, huge);
  char* pages = static_cast<char*>(reserved) + (end - bytes - number(reserved));
  if (huge == kHugePage) madvise(pages, bytes, MADV_HUGEPAGE);
  return pages;
}

bool untouched(const char* begin, const char* end) {
  return std::all_of(begin, end, [](char c) { return static_cast<unsigned char>(c) == kPattern; });
}

void check_pattern(const Allocation& a, const void* kernel) {
  const char* what = nullptr;
  if (!untouched(a.pages, a.data)) what = "before";
  if (!untouched(a.data + a.size, a.pages + a.bytes)) what = "past";
  if (what == nullptr) return;
  std::ostringstream text;
  text << "something was written " << what << " the " << a.size << " bytes that cudaMalloc gave at "
       << static_cast<const void*>(a.data);
  if (kernel != nullptr) text << ", by the kernel " << function_name(kernel);
  fail(text.str());
}

}  // namespace

bool Allocation::holds(const void* address, std::size_t count) const {
  const auto offset = number(address) - number(data);
  return offset <= size && count <= size - offset;
}

Memory& Memory::device() {
  // It outlives every static object that holds device memory.
  static Memory* const memory = new Memory;
  return *memory;
}

cudaError_t Memory::allocate(void** pointer, std::size_t size) {
  if (pointer == nullptr) return cudaErrorInvalidValue;
  *pointer = nullptr;
  if (size == 0) return cudaSuccess;
  install_fault_handler();
  if (size > kDeviceBytes - used_) return cudaErrorMemoryAllocation;
  Allocation a;
  a.size = size;
  a.bytes = rounded_up(size, kPage);
  a.pages = reserve(a.bytes);
  if (a.pages == nullptr) return cudaErrorMemoryAllocation;
  a.data = a.pages + a.bytes - rounded_up(size, kAlignment);
  set_access(a, PROT_READ | PROT_WRITE);
  std::memset(a.pages, kPattern, static_cast<std::size_t>(a.data - a.pages));
  if (size < kNotFilled) std::memset(a.data, kFresh, size);
  std::memset(a.data + size, kPattern,
              static_cast<std::size_t>(a.pages + a.bytes - (a.data + size)));
  if (open_ == 0 && protects()) set_access(a, PROT_NONE);
  allocations_.emplace(number(a.pages), a);
  used_ += size;
  ++live_;
  *pointer = a.data;
  return cudaSuccess;
}

cudaError_t Memory::release(void* pointer) {
  if (pointer == nullptr) return cudaSuccess;
  const Allocation* found = at(pointer);
  if (found == nullptr || !found->live || found->data != pointer) return cudaErrorInvalidValue;
  Allocation& a = allocations_.at(number(found->pages));
  set_access(a, PROT_READ);
  check_pattern(a, nullptr);
  // New pages without access in the same place.
  mmap(a.pages, a.bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  a.live = false;
  used_ -= a.size;
  --live_;
  return cudaSuccess;
}

cudaError_t Memory::allocate_pinned(void** pointer, std::size_t size) {
  if (pointer == nullptr) return cudaErrorInvalidValue;
  *pointer = nullptr;
  if (size == 0) return cudaSuccess;
  std::unique_ptr<char[]> memory(new char[size]);
  std::memset(memory.get(), kFresh, size);
  *pointer = memory.get();
  pinned_.emplace(number(*pointer), std::pair(std::move(memory), size));
  return cudaSuccess;
}

cudaError_t Memory::release_pinned(void* pointer) {
  if (pointer == nullptr) return cudaSuccess;
  return pinned_.erase(number(pointer)) == 1 ? cudaSuccess : cudaErrorInvalidValue;
}

// The allocation whose pages, or guards, hold `address`.
const Allocation* Memory::at(const void* address) const {
  const auto where = number(address);
  auto next = allocations_.upper_bound(where);
  if (next != allocations_.begin()) {
    const Allocation& before = std::prev(next)->second;
    if (where < number(before.pages) + before.bytes + kPage) return &before;
  }
  if (next != allocations_.end() && where + kPage >= next->first) return &next->second;
  return nullptr;
}

bool Memory::on_device(const void* address, std::size_t count) const {
  const Allocation* a = at(address);
  return a != nullptr && a->live && a->holds(address, count);
}

bool Memory::on_host(const void* address, std::size_t count) const {
  if (address == nullptr) return false;
  const auto begin = number(address), end = begin + count;
  auto next = allocations_.lower_bound(end);
  if (next == allocations_.begin()) return true;
  const Allocation& before = std::prev(next)->second;
  return number(before.pages) + before.bytes <= begin;
}

bool Memory::pinned(const void* address, std::size_t count) const {
  auto next = pinned_.upper_bound(number(address));
  if (next == pinned_.begin()) return false;
  const auto& [begin, memory] = *std::prev(next);
  return number(address) - begin + count <= memory.second;
}

std::string Memory::describe(const void* address) const {
  const Allocation* a = at(address);
  if (a == nullptr) return "";
  std::ostringstream text;
  const auto* byte = static_cast<const char*>(address);
  if (byte < a->data) {
    text << a->data - byte << " bytes before";
  } else if (byte >= a->data + a->size) {
    text << byte - (a->data + a->size) << " bytes past the end of";
  } else {
    text << "byte " << byte - a->data << " of";
  }
  text << " the " << a->size << " bytes of device memory at " << static_cast<const void*>(a->data);
  if (!a->live) text << ", which cudaFree has freed";
  return text.str();
}

void Memory::open() {
  if (open_ != 0 && worker_ != std::this_thread::get_id())
    fail("two threads of the host use the device at once: this is not modelled");
  worker_ = std::this_thread::get_id();
  if (open_++ != 0 || !protects()) return;
  install_fault_handler();
  for (const auto& [address, a] : allocations_) {
    if (a.live) set_access(a, PROT_READ | PROT_WRITE);
  }
}

void Memory::close() {
  if (--open_ != 0 || !protects()) return;
  for (const auto& [address, a] : allocations_) {
    if (a.live) set_access(a, PROT_NONE);
  }
}

void Memory::check_patterns(const void* kernel) const {
  for (const auto& [address, a] : allocations_) {
    if (a.live) check_pattern(a, kernel);
  }
}

}  // namespace castnet::host_cuda
