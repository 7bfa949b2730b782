// Device memory: pages of this process that only a device's work may touch.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace castnet::host_cuda {

inline constexpr std::size_t kDeviceBytes = std::size_t{16} << 30;

/// One cudaMalloc. Its last byte (but for alignment to 256 bytes) is the last of a page; what the
/// pages hold besides is filled with a pattern, and pages without access lie around them.
struct Allocation {
  char* data = nullptr;
  std::size_t size = 0;
  char* pages = nullptr;
  std::size_t bytes = 0;  ///< of the pages
  bool live = true;

  bool holds(const void* address, std::size_t count) const;
};

/// The device's memory. Addresses are never given out twice, so that what is used after cudaFree
/// is found out.
class Memory {
 public:
  static Memory& device();

  cudaError_t allocate(void** pointer, std::size_t size);
  cudaError_t release(void* pointer);
  cudaError_t allocate_pinned(void** pointer, std::size_t size);
  cudaError_t release_pinned(void* pointer);

  /// Whether all of the range lies in one live allocation.
  bool on_device(const void* address, std::size_t count) const;
  /// Whether none of the range is device memory, live or freed.
  bool on_host(const void* address, std::size_t count) const;
  bool pinned(const void* address, std::size_t count) const;

  /// Where `address` lies in words, or "" if it was never device memory. For a signal handler.
  std::string describe(const void* address) const;

  std::size_t used() const { return used_; }
  std::size_t live() const { return live_ + pinned_.size(); }

  void open();   ///< device work begins: memory can be accessed
  void close();  ///< it ends: memory cannot be

  /// Fails if something was written around the allocations. `kernel`: that has just run, or null.
  void check_patterns(const void* kernel) const;

 private:
  const Allocation* at(const void* address) const;

  std::map<std::uintptr_t, Allocation> allocations_;  // by the first page's address
  std::map<std::uintptr_t, std::pair<std::unique_ptr<char[]>, std::size_t>> pinned_;
  std::size_t used_ = 0;
  std::size_t live_ = 0;
  int open_ = 0;
  std::thread::id worker_;  ///< that opened it
};

/// While it lives, the device works: its memory can be accessed.
class DeviceWork {
 public:
  DeviceWork() { Memory::device().open(); }
  ~DeviceWork() { Memory::device().close(); }
  DeviceWork(const DeviceWork&) = delete;
  DeviceWork& operator=(const DeviceWork&) = delete;
};

}  // namespace castnet::host_cuda
