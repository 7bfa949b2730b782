// Move-only owners of CUDA's and cuDNN's handles. Their destructors log errors.
#pragma once

#include <cuda_runtime.h>
#include <cudnn.h>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <type_traits>

#include "core/cuda_check.hpp"

namespace castnet::cuda {

namespace detail {

template <auto Destroy>
struct Release {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    if (const auto status = Destroy(handle); int(status) != 0) {
      std::fprintf(stderr, "castnet: releasing a handle failed: %s\n", describe(status));
    }
  }
};

inline cudaError_t free_device(void* memory) { return cudaFree(memory); }
inline cudaError_t free_pinned(void* memory) { return cudaFreeHost(memory); }

template <class Handle, auto Destroy>
using Owner = std::unique_ptr<std::remove_pointer_t<Handle>, Release<Destroy>>;

/// An owner of the handle that `create(&handle, arguments...)` makes.
template <class Owned, class Create, class... Arguments>
Owned made(Create create, const char* call, Arguments... arguments) {
  typename Owned::pointer handle = nullptr;
  if (const auto status = create(&handle, arguments...); int(status) != 0) fail(status, call);
  return Owned(handle);
}

}  // namespace detail

using CudaStream = detail::Owner<cudaStream_t, cudaStreamDestroy>;
using Event = detail::Owner<cudaEvent_t, cudaEventDestroy>;
using Graph = detail::Owner<cudaGraph_t, cudaGraphDestroy>;
using GraphExec = detail::Owner<cudaGraphExec_t, cudaGraphExecDestroy>;
using Cudnn = detail::Owner<cudnnHandle_t, cudnnDestroy>;
using TensorDescriptor = detail::Owner<cudnnTensorDescriptor_t, cudnnDestroyTensorDescriptor>;
using FilterDescriptor = detail::Owner<cudnnFilterDescriptor_t, cudnnDestroyFilterDescriptor>;
using ConvolutionDescriptor =
    detail::Owner<cudnnConvolutionDescriptor_t, cudnnDestroyConvolutionDescriptor>;

inline CudaStream make_stream() {
  return detail::made<CudaStream>(cudaStreamCreateWithFlags, "cudaStreamCreateWithFlags",
                                  unsigned{cudaStreamNonBlocking});
}
inline Event make_event() {
  return detail::made<Event>(cudaEventCreateWithFlags, "cudaEventCreateWithFlags",
                             unsigned{cudaEventDisableTiming});
}
inline Cudnn make_cudnn() { return detail::made<Cudnn>(cudnnCreate, "cudnnCreate"); }
inline TensorDescriptor make_tensor_descriptor() {
  return detail::made<TensorDescriptor>(cudnnCreateTensorDescriptor, "cudnnCreateTensorDescriptor");
}
inline FilterDescriptor make_filter_descriptor() {
  return detail::made<FilterDescriptor>(cudnnCreateFilterDescriptor, "cudnnCreateFilterDescriptor");
}
inline ConvolutionDescriptor make_convolution_descriptor() {
  return detail::made<ConvolutionDescriptor>(cudnnCreateConvolutionDescriptor,
                                             "cudnnCreateConvolutionDescriptor");
}

/// `elements` values of T on the device, not initialised. None for 0 elements.
template <class T>
class DeviceMemory {
 public:
  DeviceMemory() = default;
  explicit DeviceMemory(std::size_t elements) : elements_(elements) {
    void* memory = nullptr;
    if (elements == 0) return;
    CASTNET_CHECK(cudaMalloc(&memory, elements * sizeof(T)),
                  std::to_string(elements * sizeof(T)) +
                      " bytes of the device's memory (a smaller train.batch takes less)");
    data_.reset(static_cast<T*>(memory));
  }
  T* data() const { return data_.get(); }
  std::size_t size() const { return elements_; }

 private:
  std::unique_ptr<T, detail::Release<detail::free_device>> data_;
  std::size_t elements_ = 0;
};

/// `elements` zeroed values of T in host memory that the device can copy directly.
template <class T>
class PinnedMemory {
 public:
  explicit PinnedMemory(std::size_t elements) : elements_(elements) {
    void* memory = nullptr;
    if (elements == 0) return;
    CASTNET_CHECK(cudaMallocHost(&memory, elements * sizeof(T)),
                  std::to_string(elements * sizeof(T)) + " bytes");
    data_.reset(static_cast<T*>(memory));
    for (T& value : span()) value = T{};
  }
  T* data() const { return data_.get(); }
  std::span<T> span() const { return {data_.get(), elements_}; }

 private:
  std::unique_ptr<T, detail::Release<detail::free_pinned>> data_;
  std::size_t elements_ = 0;
};

/// Queues a copy between host and device. The host's memory should be pinned.
template <class T>
void upload(cudaStream_t stream, T* device, std::span<const T> host) {
  if (host.empty()) return;
  CASTNET_CHECK(
      cudaMemcpyAsync(device, host.data(), host.size_bytes(), cudaMemcpyHostToDevice, stream));
}
template <class T>
void download(cudaStream_t stream, std::span<T> host, const T* device) {
  if (host.empty()) return;
  CASTNET_CHECK(
      cudaMemcpyAsync(host.data(), device, host.size_bytes(), cudaMemcpyDeviceToHost, stream));
}

}  // namespace castnet::cuda
