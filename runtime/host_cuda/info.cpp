// The device, versions and errors.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "host_cuda/memory.hpp"
#include "host_cuda/stream.hpp"

namespace castnet::host_cuda {
namespace {
thread_local cudaError_t last_error = cudaSuccess;

struct ErrorText {
  cudaError_t error;
  const char* name;
  const char* text;
};

#define CASTNET_ERROR(error, text) \
  { error, #error, text }
constexpr ErrorText kErrors[] = {
    CASTNET_ERROR(cudaSuccess, "no error"),
    CASTNET_ERROR(cudaErrorInvalidValue, "invalid argument"),
    CASTNET_ERROR(cudaErrorMemoryAllocation, "out of memory"),
    CASTNET_ERROR(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    CASTNET_ERROR(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
    CASTNET_ERROR(cudaErrorInsufficientDriver,
                  "CUDA driver version is insufficient for CUDA runtime version"),
    CASTNET_ERROR(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    CASTNET_ERROR(cudaErrorInvalidDevice, "invalid device ordinal"),
    CASTNET_ERROR(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    CASTNET_ERROR(cudaErrorIllegalState, "the operation cannot be performed in the present state"),
    CASTNET_ERROR(cudaErrorNotReady, "device not ready"),
    CASTNET_ERROR(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
    CASTNET_ERROR(cudaErrorLaunchFailure, "unspecified launch failure"),
    CASTNET_ERROR(cudaErrorNotSupported, "operation not supported"),
    CASTNET_ERROR(cudaErrorStreamCaptureUnsupported,
                  "operation not permitted when stream is capturing"),
    CASTNET_ERROR(cudaErrorStreamCaptureInvalidated,
                  "operation failed due to a previous error during capture"),
    CASTNET_ERROR(cudaErrorStreamCaptureUnmatched,
                  "the stream did not begin the capture that it shall end"),
    CASTNET_ERROR(cudaErrorStreamCaptureUnjoined, "capturing stream has unjoined work"),
    CASTNET_ERROR(cudaErrorStreamCaptureIsolation,
                  "dependency created on uncaptured work in another stream"),
    CASTNET_ERROR(cudaErrorStreamCaptureImplicit,
                  "operation would make the legacy stream depend on a capturing blocking stream"),
    CASTNET_ERROR(cudaErrorCapturedEvent,
                  "operation not permitted on an event last recorded in a capturing stream"),
    CASTNET_ERROR(cudaErrorUnknown, "unknown error"),
};
#undef CASTNET_ERROR

const ErrorText& find(cudaError_t error) {
  for (const ErrorText& text : kErrors) {
    if (text.error == error) return text;
  }
  return kErrors[sizeof kErrors / sizeof kErrors[0] - 1];
}
}  // namespace

cudaError_t result(cudaError_t status) {
  if (status != cudaSuccess) last_error = status;
  return status;
}

}  // namespace castnet::host_cuda

using namespace castnet::host_cuda;

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last_error; }
const char* cudaGetErrorName(cudaError_t error) { return find(error).name; }
const char* cudaGetErrorString(cudaError_t error) { return find(error).text; }

cudaError_t cudaGetDeviceCount(int* count) {
  if (count == nullptr) return result(cudaErrorInvalidValue);
  const char* devices = std::getenv("CASTNET_HOST_CUDA_DEVICES");
  *count = devices != nullptr && std::strcmp(devices, "0") == 0 ? 0 : 1;
  return result(*count == 0 ? cudaErrorNoDevice : cudaSuccess);
}

cudaError_t cudaGetDevice(int* device) {
  if (device == nullptr) return result(cudaErrorInvalidValue);
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  return result(device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}

cudaError_t cudaDriverGetVersion(int* version) {
  if (version == nullptr) return result(cudaErrorInvalidValue);
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (properties == nullptr) return result(cudaErrorInvalidValue);
  if (device != 0) return result(cudaErrorInvalidDevice);
  *properties = {};
  std::snprintf(properties->name, sizeof properties->name, "castnet host implementation");
  properties->totalGlobalMem = kDeviceBytes;
  properties->sharedMemPerBlock = 48 * 1024;
  properties->warpSize = 32;
  properties->maxThreadsPerBlock = 1024;
  properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = 1024;
  properties->maxThreadsDim[2] = 64;
  properties->maxGridSize[0] = 0x7fffffff;
  properties->maxGridSize[1] = properties->maxGridSize[2] = 65535;
  properties->major = 8;
  properties->multiProcessorCount = 1;
  properties->l2CacheSize = 1 << 20;
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  if (free == nullptr || total == nullptr) return result(cudaErrorInvalidValue);
  *free = kDeviceBytes - Memory::device().used();
  *total = kDeviceBytes;
  return cudaSuccess;
}
