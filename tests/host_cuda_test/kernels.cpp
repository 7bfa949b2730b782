// Kernels: threads that wait for each other, their order, and the limits of a launch.
#include <algorithm>
#include <numeric>

#include "kernels/cuda/launch.hpp"
#include "support.hpp"

namespace castnet::cuda {

using Catch::Matchers::Contains;

template <int Threads>
__global__ void block_sum_kernel(const float* x, float* y) {
  __shared__ float partial[Threads];
  const int t = static_cast<int>(threadIdx.x);
  partial[t] = x[blockIdx.x * blockDim.x + threadIdx.x];
  for (int half = Threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) partial[t] += partial[t + half];
  }
  if (t == 0) y[blockIdx.x] = partial[0];
}

// Warps first, then the first warp: as sums in real kernels.
template <class T>
__global__ void warp_sum_kernel(const T* x, T* y) {
  __shared__ T partial[32];
  const unsigned t = threadIdx.x, lane = t % 32, warps = blockDim.x / 32;
  T sum = x[blockIdx.x * blockDim.x + t];
  for (unsigned lanes = 16; lanes > 0; lanes /= 2) sum += __shfl_down_sync(0xffffffff, sum, lanes);
  if (lane == 0) partial[t / 32] = sum;
  __syncthreads();
  if (t >= 32) return;
  sum = lane < warps ? partial[lane] : T{};
  for (int lanes = 16; lanes > 0; lanes /= 2)
    sum += __shfl_xor_sync(0xffffffff, sum, lanes, warpSize);
  if (lane == 7) y[blockIdx.x] = sum;
}

__global__ void place_kernel(unsigned* y) {
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  y[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
}

__global__ void last_writer_kernel(unsigned* y) { y[0] = blockIdx.x * blockDim.x + threadIdx.x; }

// A neighbour's value is read without waiting for it.
__global__ void race_kernel(const int* x, int* y) {
  __shared__ int values[64];
  const unsigned t = threadIdx.x;
  values[t] = x[t];
  y[t] = values[63 - t];
}

__global__ void late_barrier_kernel(int* y) {
  __shared__ int value;
  if (blockIdx.x != 3) return;
  if (threadIdx.x == 99) value = 5;
  __syncthreads();
  y[threadIdx.x] = value;
}

__global__ void ended_kernel() {
  if (threadIdx.x < 10) return;
  __syncthreads();
}

__global__ void two_barriers_kernel() {
  if (threadIdx.x < 10) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

__global__ void half_warp_kernel(int* y) {
  if (threadIdx.x < 16) y[threadIdx.x] = __shfl_sync(0xffffffff, 1, 0);
}

__global__ void two_shuffles_kernel(int* y) {
  if (threadIdx.x < 16)
    y[threadIdx.x] = __shfl_sync(0xffffffff, 1, 0);
  else
    y[threadIdx.x] = __shfl_sync(0xffffffff, 2, 0);
}

__global__ void masked_kernel(int* y) { y[threadIdx.x] = __shfl_sync(0xffff, 1, 0); }

__global__ void broadcast_kernel(int* y) {
  y[threadIdx.x] = __shfl_sync(0xffffffff, static_cast<int>(threadIdx.x), 5);
  __syncwarp();
}

__global__ void deep_kernel(int* y) {
  volatile char space[1 << 20];
  for (std::size_t i = 0; i < sizeof space; i += 512) space[sizeof space - 1 - i] = 1;
  y[0] = space[7];
}

namespace {

std::vector<float> counted(std::size_t n) {
  std::vector<float> x(n);
  std::iota(x.begin(), x.end(), 0.f);
  return x;
}

void check_block_sums() {
  constexpr int kSize = 256, kBlocks = 100;  // enough for several threads of the system
  const OnDevice<float> x(counted(kSize * kBlocks));
  const OnDevice<float> y(std::vector<float>(kBlocks, 0));
  launch<block_sum_kernel<kSize>>(nullptr, kBlocks, kSize, x.data(), y.data());
  const std::vector<float> sums = y.values();
  for (std::size_t b = 0; b < kBlocks; ++b)
    CHECK(sums[b] == 256.f * 255 / 2 + 256.f * 256 * static_cast<float>(b));
}

template <class T>
void check_warp_sums(unsigned threads) {
  std::vector<T> x(threads * 3);
  std::iota(x.begin(), x.end(), T{1});
  const OnDevice<T> in(x);
  const OnDevice<T> out(std::vector<T>(3, 0));
  launch<warp_sum_kernel<T>>(nullptr, 3, threads, in.data(), out.data());
  const std::vector<T> sums = out.values();
  for (std::size_t b = 0; b < 3; ++b) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(b * threads);
    CHECK(sums[b] == std::accumulate(begin, begin + threads, T{}));
  }
}

cudaError_t launch_status(dim3 grid, dim3 block) {
  cudaLaunchConfig_t config = {};
  config.gridDim = grid;
  config.blockDim = block;
  return cudaLaunchKernelEx(&config, late_barrier_kernel, nullptr);
}

}  // namespace

TEST_CASE("threads of a block wait at barriers") {
  check_block_sums();
  const ReverseOrder reverse;
  check_block_sums();
}

TEST_CASE("lanes of a warp exchange values") {
  for (const unsigned threads : {32u, 256u, 1024u}) {
    check_warp_sums<float>(threads);
    check_warp_sums<double>(threads);
    check_warp_sums<int>(threads);
    check_warp_sums<unsigned>(threads);
  }
  const ReverseOrder reverse;
  check_warp_sums<float>(96);
}

TEST_CASE("a lane's value reaches all of its warp") {
  const OnDevice<int> y(std::vector<int>(64, 0));
  launch<broadcast_kernel>(nullptr, 1, 64, y.data());
  std::vector<int> expected(64, 5);
  std::fill(expected.begin() + 32, expected.end(), 37);
  CHECK(y.values() == expected);
}

TEST_CASE("threads know their place in three dimensions") {
  const dim3 grid(3, 4, 5), block(2, 3, 4);
  const OnDevice<unsigned> y(std::vector<unsigned>(60 * 24, 0));
  launch<place_kernel>(nullptr, grid, block, y.data());
  const std::vector<unsigned> places = y.values();
  for (unsigned i = 0; i < 60 * 24; ++i) CHECK(places[i] == i / 24 * 1000 + i % 24);
}

TEST_CASE("the order of blocks and threads can be reversed") {
  const OnDevice<unsigned> y({7});
  launch<last_writer_kernel>(nullptr, 3, 40, y.data());
  CHECK(y.values()[0] == 119);
  const ReverseOrder reverse;
  launch<last_writer_kernel>(nullptr, 3, 40, y.data());
  CHECK(y.values()[0] == 0);
}

TEST_CASE("a race shows in one of the orders") {
  std::vector<int> x(64), expected(64);
  std::iota(x.begin(), x.end(), 1);
  std::reverse_copy(x.begin(), x.end(), expected.begin());
  const OnDevice<int> in(x);
  const OnDevice<int> out(x);
  launch<race_kernel>(nullptr, 1, 64, in.data(), out.data());
  CHECK(out.values() != expected);
}

TEST_CASE("only some blocks come to a barrier") {
  const OnDevice<int> y(std::vector<int>(100, 0));
  launch<late_barrier_kernel>(nullptr, 6, 100, y.data());
  CHECK(y.values() == std::vector<int>(100, 5));
}

TEST_CASE("barriers that not all threads reach end the program") {
  CHECK_THAT(last_words([] { launch<ended_kernel>(nullptr, 1, 64); }),
             Contains("ended_kernel") && Contains("some threads wait, others have ended") &&
                 Contains("54 in __syncthreads()") && Contains("10 ended"));
  CHECK_THAT(last_words([] { launch<two_barriers_kernel>(nullptr, 1, 64); }),
             Contains("different barriers") && Contains("kernels.cpp"));
}

TEST_CASE("exchanges without all 32 lanes end the program") {
  const OnDevice<int> y(std::vector<int>(64, 0));
  int* const data = y.data();
  CHECK_THAT(last_words([=] { launch<half_warp_kernel>(nullptr, 1, 64, data); }),
             Contains("16 in a shuffle"));
  CHECK_THAT(last_words([=] { launch<two_shuffles_kernel>(nullptr, 1, 64, data); }),
             Contains("different shuffles"));
  CHECK_THAT(last_words([=] { launch<masked_kernel>(nullptr, 1, 64, data); }),
             Contains("mask 0xffffffff"));
  CHECK_THAT(last_words([=] { launch<broadcast_kernel>(nullptr, 1, 48, data); }),
             Contains("only 16 threads"));
}

TEST_CASE("a kernel that uses up its stack ends the program") {
  const OnDevice<int> y({0});
  int* const data = y.data();
  CHECK_THAT(last_words([=] { launch<deep_kernel>(nullptr, 1, 1, data); }),
             Contains("stack of a kernel's thread is used up"));
}

TEST_CASE("the limits of a launch") {
  CHECK(launch_status({1, 65535, 1}, 1) == cudaSuccess);
  CHECK(launch_status(1, 1024) == cudaSuccess);
  for (const dim3 grid : {dim3(0), dim3(1, 0), dim3(1, 1, 0), dim3(1, 65536), dim3(1, 1, 65536)})
    CHECK(launch_status(grid, 1) == cudaErrorInvalidConfiguration);
  for (const dim3 block : {dim3(0), dim3(1025), dim3(33, 32), dim3(1, 1, 65), dim3(4, 0)})
    CHECK(launch_status(1, block) == cudaErrorInvalidConfiguration);
  CHECK(cudaPeekAtLastError() == cudaErrorInvalidConfiguration);
  CHECK(cudaGetLastError() == cudaErrorInvalidConfiguration);
  CHECK(cudaGetLastError() == cudaSuccess);
  CHECK_THROWS_WITH(launch<place_kernel>(nullptr, 1, 2000, nullptr),
                    Contains("place_kernel") && Contains("invalid configuration"));
}

}  // namespace castnet::cuda
