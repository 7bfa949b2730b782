// What the CUDA kernels' tests share: memory on the device, the two layouts, the order of threads.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <type_traits>
#include <vector>

#include "../catch.hpp"
#include "../host_cuda_test/environment.hpp"
#include "../kernels/support.hpp"
#include "core/cuda_check.hpp"
#include "cuda/value.hpp"

namespace castnet::test {

/// Values of type T on the device, on the host float where T is bfloat16. What follows them must
/// stay as it is.
template <class T>
class Buffer {
 public:
  using Host = std::conditional_t<std::is_same_v<T, __nv_bfloat16>, float, T>;

  explicit Buffer(const std::vector<Host>& values) : Buffer(values.size()) {
    const std::vector<T> all(values.begin(), values.end());
    CASTNET_CHECK(cudaMemcpy(data_, all.data(), size_ * sizeof(T), cudaMemcpyHostToDevice));
  }
  /// Numbers that no kernel computes: about 3e38.
  explicit Buffer(std::size_t size) : size_(size) {
    CASTNET_CHECK(cudaMalloc(reinterpret_cast<void**>(&data_), size * sizeof(T) + kGuard));
    CASTNET_CHECK(cudaMemset(data_, kFill, size * sizeof(T) + kGuard));
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { cudaFree(data_); }

  T* data() { return data_; }

  /// The values, once all kernels are done.
  std::vector<Host> values() const {
    std::vector<T> all(size_);
    std::vector<unsigned char> guard(kGuard);
    CASTNET_CHECK(cudaDeviceSynchronize());
    CASTNET_CHECK(cudaMemcpy(all.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost));
    CASTNET_CHECK(cudaMemcpy(guard.data(), data_ + size_, kGuard, cudaMemcpyDeviceToHost));
    REQUIRE(guard == std::vector<unsigned char>(kGuard, kFill));
    return std::vector<Host>(all.begin(), all.end());
  }

 private:
  static constexpr std::size_t kGuard = 256;  // bytes
  static constexpr unsigned char kFill = 0x7f;
  std::size_t size_;
  T* data_ = nullptr;
};

/// `values` as a T stores them.
template <class T>
std::vector<float> rounded(std::vector<float> values) {
  for (float& value : values) value = float(T(value));
  return values;
}

/// [N][C][H][W] to the CPU's layout.
inline std::vector<float> to_cpu(const std::vector<float>& plain, cpu::Extent extent) {
  const auto image = std::size_t(extent.channels) * std::size_t(extent.pixels());
  std::vector<float> values(plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    values[i / image / kLanes * kLanes * image + i % image * kLanes + i / image % kLanes] =
        plain[i];
  }
  return values;
}

/// The CPU's layout to [N][C][H][W].
inline std::vector<float> from_cpu(const std::vector<float>& values, cpu::Extent extent) {
  std::vector<float> plain(values.size());
  std::size_t i = 0;
  for (int image = 0; i < plain.size(); ++image) {
    for (int c = 0; c < extent.channels; ++c) {
      for (int p = 0; p < extent.pixels(); ++p) {
        plain[i++] =
            values[cpu::element_offset(extent, image, c, p / extent.width, p % extent.width)];
      }
    }
  }
  return plain;
}

inline std::vector<float> join(std::vector<float> a, const std::vector<float>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// run(), a vector, once more with the last block, warp and thread first: the same bits. (A GPU
/// runs it in whatever order it likes.) Returns it.
template <class Run>
auto in_any_order(Run run) {
  const auto result = run();
  const ReverseOrder reverse;
  CHECK(same_bits(result, run()));
  return result;
}

}  // namespace castnet::test
