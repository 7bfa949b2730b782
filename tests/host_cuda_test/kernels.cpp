// Kernels: threads that wait for each other, their order, limits of a launch.
#include <catch2/catch.hpp>
#include <numeric>
#include <vector>

#include "kernels/cuda/launch.hpp"

namespace castnet::cuda {
namespace {

template <class T>
struct OnDevice {
  explicit OnDevice(const std::vector<T>& values) : size(values.size()) {
    CASTNET_CHECK(cudaMalloc(&data, size * sizeof(T)));
    CASTNET_CHECK(cudaMemcpy(data, values.data(), size * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~OnDevice() { cudaFree(data); }
  std::vector<T> values() const {
    std::vector<T> result(size);
    CASTNET_CHECK(cudaMemcpy(result.data(), data, size * sizeof(T), cudaMemcpyDeviceToHost));
    return result;
  }
  T* data = nullptr;
  std::size_t size;
};

}  // namespace

template <int Threads>
__global__ void block_sum_kernel(const float* x, float* y) {
  __shared__ float partial[Threads];
  const int t = static_cast<int>(threadIdx.x);
  partial[t] = x[blockIdx.x * Threads + threadIdx.x];
  for (int half = Threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) partial[t] += partial[t + half];
  }
  if (t == 0) y[blockIdx.x] = partial[0];
}

TEST_CASE("a block adds up its threads' values") {
  constexpr int kThreadsHere = 256, kBlocks = 100;
  std::vector<float> x(kThreadsHere * kBlocks);
  std::iota(x.begin(), x.end(), 0.f);
  const OnDevice<float> in(x), out(std::vector<float>(kBlocks, 0));
  launch<block_sum_kernel<kThreadsHere>>(nullptr, kBlocks, kThreadsHere, in.data, out.data);
  const std::vector<float> sums = out.values();
  for (int b = 0; b < kBlocks; ++b)
    CHECK(sums[std::size_t(b)] == 256.f * 255 / 2 + 256.f * 256 * static_cast<float>(b));
}

}  // namespace castnet::cuda
