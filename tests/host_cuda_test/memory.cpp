// Device memory: who may touch it, and where it ends.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cuda/launch.hpp"
#include "support.hpp"

namespace castnet::cuda {

using Catch::Matchers::Contains;

__global__ void write_kernel(char* data, std::ptrdiff_t offset) { data[offset] = 1; }

namespace {

template <class T>
T* allocate(std::size_t count) {
  T* data = nullptr;
  CASTNET_CHECK(cudaMalloc(&data, count * sizeof(T)));
  return data;
}

char read(const char* data) { return *static_cast<const volatile char*>(data); }

}  // namespace

TEST_CASE("fresh memory is NaN, and aligned as on a device") {
  for (const std::size_t n : {1u, 3u, 1000u, 1000000u}) {
    auto* data = allocate<float>(n);
    CHECK(reinterpret_cast<std::uintptr_t>(data) % 256 == 0);
    std::vector<float> values(n);
    CASTNET_CHECK(cudaMemcpy(values.data(), data, n * sizeof(float), cudaMemcpyDeviceToHost));
    CHECK(std::all_of(values.begin(), values.end(), [](float value) { return std::isnan(value); }));
    CHECK(cudaFree(data) == cudaSuccess);
  }
}

TEST_CASE("sizes of memory are accounted for") {
  std::size_t before = 0, after = 0, total = 0;
  CASTNET_CHECK(cudaMemGetInfo(&before, &total));
  auto* data = allocate<char>(12345);
  CASTNET_CHECK(cudaMemGetInfo(&after, &total));
  CHECK(before - after == 12345);
  CHECK(cudaMalloc(&data, total) == cudaErrorMemoryAllocation);
}

TEST_CASE("copies stay within their memory") {
  auto* a = allocate<char>(100);
  auto* b = allocate<char>(100);
  std::vector<char> host(200, 3);
  CHECK(cudaMemcpy(a, host.data(), 100, cudaMemcpyHostToDevice) == cudaSuccess);
  CHECK(cudaMemcpy(b + 20, a, 80, cudaMemcpyDeviceToDevice) == cudaSuccess);
  CHECK(cudaMemcpy(host.data() + 100, b + 20, 80, cudaMemcpyDefault) == cudaSuccess);
  CHECK(host == std::vector<char>(200, 3));
  CHECK(cudaMemset(a + 99, 0, 1) == cudaSuccess);

  CHECK(cudaMemcpy(a, host.data(), 101, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(a + 1, host.data(), 100, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(host.data(), b - 1, 1, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemset(a + 100, 0, 1) == cudaErrorInvalidValue);
  CHECK(cudaFree(a + 1) == cudaErrorInvalidValue);
  CHECK(cudaFree(a) == cudaSuccess);
  CHECK(cudaFree(a) == cudaErrorInvalidValue);
  CHECK(cudaFree(nullptr) == cudaSuccess);
  CHECK(cudaMemcpy(b, a, 1, cudaMemcpyDeviceToDevice) == cudaErrorInvalidValue);
  CHECK(cudaFree(b) == cudaSuccess);
}

TEST_CASE("the kind of a copy must be true") {
  auto* device = allocate<char>(100);
  char host[100] = {};
  CHECK(cudaMemcpy(device, host, 100, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(host, device, 100, cudaMemcpyHostToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(host, device, 100, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(device, host, 100, cudaMemcpyDeviceToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemset(host, 0, 100) == cudaErrorInvalidValue);
  CASTNET_CHECK(cudaFree(device));
}

TEST_CASE("pinned memory is the host's") {
  char* pinned = nullptr;
  CASTNET_CHECK(cudaMallocHost(&pinned, 10));
  std::memset(pinned, 4, 10);
  const OnDevice<char> device(std::vector<char>(10, 0));
  CHECK(cudaMemcpy(device.data(), pinned, 10, cudaMemcpyHostToDevice) == cudaSuccess);
  CHECK(device.values() == std::vector<char>(10, 4));
  CHECK(cudaFree(pinned) == cudaErrorInvalidValue);
  CHECK(cudaFreeHost(device.data()) == cudaErrorInvalidValue);
  CHECK(cudaFreeHost(pinned) == cudaSuccess);
}

TEST_CASE("the host cannot touch device memory") {
  for (const std::size_t size : {100u, 5000000u}) {
    auto* data = allocate<char>(size);
    const auto* last = data + size - 1;
    CHECK_THAT(last_words([=] { read(data); }),
               Contains("the host accesses byte 0 of the " + std::to_string(size) + " bytes"));
    launch<write_kernel>(nullptr, 1, 1, data, 0);
    CHECK_THAT(last_words([=] { read(last); }),
               Contains("the host accesses byte " + std::to_string(size - 1)));
    CASTNET_CHECK(cudaFree(data));
    CHECK_THAT(last_words([=] { read(data); }), Contains("which cudaFree has freed"));
  }
}

TEST_CASE("kernels cannot leave their memory") {
  auto* data = allocate<char>(512);
  const auto writes = [](char* data_here, std::ptrdiff_t offset) {
    return last_words([=] { launch<write_kernel>(nullptr, 1, 1, data_here, offset); });
  };
  CHECK_THAT(writes(data, 512), Contains("write_kernel(char*, long), block (0, 0, 0), thread (0, 0"
                                         ", 0): access to 0 bytes past the end of the 512 bytes"));
  CHECK_THAT(writes(data, -4096), Contains("access to 4096 bytes before the 512 bytes"));
  // Within the page, but not within the memory.
  CHECK_THAT(writes(data, -1), Contains("something was written before the 512 bytes"));
  auto* odd = allocate<char>(500);
  CHECK_THAT(writes(odd, 500),
             Contains("something was written past the 500 bytes") &&
                 Contains("by the kernel castnet::cuda::write_kernel(char*, long)"));
  CASTNET_CHECK(cudaFree(odd));
  auto* freed = allocate<char>(16);
  CASTNET_CHECK(cudaFree(freed));
  CHECK_THAT(writes(data, freed - data), Contains("which cudaFree has freed"));
  CASTNET_CHECK(cudaFree(data));
}

TEST_CASE("kernels take only pointers to device memory") {
  char host = 0;
  const auto takes = [](char* pointer) {
    return last_words([=] { launch<write_kernel>(nullptr, 1, 1, pointer, 0); });
  };
  CHECK_THAT(takes(&host), Contains("argument 0 of castnet::cuda::write_kernel") &&
                               Contains("is not in (live) device memory"));
  auto* freed = allocate<char>(16);
  CASTNET_CHECK(cudaFree(freed));
  CHECK_THAT(takes(freed), Contains("is not in (live) device memory"));
  char* pinned = nullptr;
  CASTNET_CHECK(cudaMallocHost(&pinned, 1));
  launch<write_kernel>(nullptr, 1, 1, pinned, 0);
  CHECK(*pinned == 1);
  CASTNET_CHECK(cudaFreeHost(pinned));
}

}  // namespace castnet::cuda
