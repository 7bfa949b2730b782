// Allocation, copies and fills, with every pointer checked.
#include <cstring>

#include "host_cuda/counts.hpp"
#include "host_cuda/memory.hpp"
#include "host_cuda/stream.hpp"

using namespace castnet::host_cuda;

namespace {

struct Ends {
  bool from_device, to_device;
};

cudaError_t ends(cudaMemcpyKind kind, const void* to, const void* from, Ends& ends) {
  const Memory& memory = Memory::device();
  switch (kind) {
    case cudaMemcpyHostToHost:
      ends = {false, false};
      return cudaSuccess;
    case cudaMemcpyHostToDevice:
      ends = {false, true};
      return cudaSuccess;
    case cudaMemcpyDeviceToHost:
      ends = {true, false};
      return cudaSuccess;
    case cudaMemcpyDeviceToDevice:
      ends = {true, true};
      return cudaSuccess;
    case cudaMemcpyDefault:
      ends = {!memory.on_host(from, 1), !memory.on_host(to, 1)};
      return cudaSuccess;
  }
  return cudaErrorInvalidMemcpyDirection;
}

bool fits(const void* pointer, std::size_t count, bool device) {
  const Memory& memory = Memory::device();
  return device ? memory.on_device(pointer, count) : memory.on_host(pointer, count);
}

cudaError_t copy(void* to, const void* from, std::size_t count, cudaMemcpyKind kind,
                 cudaStream_t stream) {
  if (count == 0) return cudaSuccess;
  Ends where = {};
  if (const cudaError_t status = ends(kind, to, from, where)) return status;
  if (!fits(to, count, where.to_device) || !fits(from, count, where.from_device))
    return cudaErrorInvalidValue;
  // A graph would read or write pageable memory at some later time: only pinned memory is safe.
  const Memory& memory = Memory::device();
  const bool pageable = (!where.to_device && !memory.pinned(to, count)) ||
                        (!where.from_device && !memory.pinned(from, count));
  if (pageable && capturing(stream)) return refuse_in_capture(stream);
  if (pageable) ++counts.waits;
  return queue(stream, [=] { std::memmove(to, from, count); });
}

cudaError_t fill(void* to, int value, std::size_t count, cudaStream_t stream) {
  if (count == 0) return cudaSuccess;
  if (!fits(to, count, true)) return cudaErrorInvalidValue;
  return queue(stream, [=] { std::memset(to, value, count); });
}

}  // namespace

cudaError_t cudaMalloc(void** pointer, size_t size) {
  if (const cudaError_t status = refuse_in_any_capture()) return result(status);
  ++counts.allocations;
  return result(Memory::device().allocate(pointer, size));
}

cudaError_t cudaFree(void* pointer) {
  if (const cudaError_t status = refuse_in_any_capture()) return result(status);
  return result(Memory::device().release(pointer));
}

cudaError_t cudaHostAlloc(void** pointer, size_t size, unsigned flags) {
  if (flags != cudaHostAllocDefault) return result(cudaErrorNotSupported);
  if (const cudaError_t status = refuse_in_any_capture()) return result(status);
  ++counts.allocations;
  return result(Memory::device().allocate_pinned(pointer, size));
}

cudaError_t cudaMallocHost(void** pointer, size_t size) {
  return cudaHostAlloc(pointer, size, cudaHostAllocDefault);
}

cudaError_t cudaFreeHost(void* pointer) {
  if (const cudaError_t status = refuse_in_any_capture()) return result(status);
  return result(Memory::device().release_pinned(pointer));
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t count, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return result(copy(to, from, count, kind, stream));
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t count, cudaMemcpyKind kind) {
  ++counts.waits;
  return result(copy(to, from, count, kind, nullptr));
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t count, cudaStream_t stream) {
  return result(fill(to, value, count, stream));
}

cudaError_t cudaMemset(void* to, int value, size_t count) {
  return result(fill(to, value, count, nullptr));
}
