#include "cuda/device.hpp"

#include <algorithm>
#include <cstdlib>

#include "cuda/algorithms.hpp"
#include "cuda/value.hpp"

namespace castnet::cuda {
namespace {

CudaStream first_stream() {
  if (const std::string reason = no_device(); !reason.empty()) {
    throw CudaError("no CUDA device: " + reason +
                    "; train with --target cpu, or on a machine with an NVIDIA GPU and its driver");
  }
  return make_stream();
}

}  // namespace

std::string no_device() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) return cudaGetErrorString(status);
  return count == 0 ? "none is installed" : "";
}

Device::Device()
    : stream_(first_stream()),
      cudnn_(make_cudnn()),
      checked_(std::getenv("CASTNET_CUDA_CHECK") != nullptr) {
  CASTNET_CHECK(cudnnSetStream(cudnn_.get(), stream_.get()));
}

void Device::synchronize() {
  CASTNET_CHECK(cudaStreamSynchronize(stream_.get()),
                layer_ != nullptr
                    ? std::string("in layer ") + layer_
                    : std::string("in queued work (CASTNET_CUDA_CHECK=1 tells in which layer)"));
}

void Device::layer(const char* name) {
  if (!captures() && layer_ != nullptr) {
    synchronize();
    if (layer_done_) layer_done_();
  }
  layer_ = name;
}

Notes Device::prepare() {
  cudaDeviceProp properties;
  int device = 0;
  int runtime = 0;
  CASTNET_CHECK(cudaGetDevice(&device));
  CASTNET_CHECK(cudaGetDeviceProperties(&properties, device));
  CASTNET_CHECK(cudaRuntimeGetVersion(&runtime));
  Notes notes{{"name", properties.name},
              {"cuda", std::to_string(runtime)},
              {"cudnn", std::to_string(cudnnGetVersion())},
              {"precision", to_word(kPrecision)}};
  has_tf32_ = properties.major >= 8;
  print_algorithm_columns();
  std::size_t bytes = 0;
  for (Chooser* operation : choosers_) bytes = std::max(bytes, operation->choose(notes));
  workspace_ = DeviceMemory<std::byte>(bytes);
  notes["workspace_bytes"] = std::to_string(bytes);
  prepared_ = true;
  return notes;
}

}  // namespace castnet::cuda
