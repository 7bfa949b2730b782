// Every status of CUDA and cuDNN is checked, here.
#pragma once

#include <cuda_runtime.h>
#include <cudnn.h>

#include <source_location>
#include <stdexcept>
#include <string>

namespace castnet::cuda {

/// A call of CUDA or cuDNN failed: which, of what layer and shapes, and what CUDA says of it.
class CudaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

inline std::string place(const std::source_location& where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

inline const char* describe(cudaError_t status) { return cudaGetErrorString(status); }
inline const char* describe(cudnnStatus_t status) { return cudnnGetErrorString(status); }

}  // namespace detail

/// Throws CudaError. `call`: the expression; `what`: layer and shapes.
template <class Status>
[[noreturn]] void fail(Status status, const std::string& call, const std::string& what = {},
                       const std::source_location& where = std::source_location::current()) {
  throw CudaError(detail::place(where) + ": " + (what.empty() ? "" : what + ": ") + call +
                  " failed: " + detail::describe(status));
}

}  // namespace castnet::cuda

/// Evaluates a CUDA or cuDNN call and throws castnet::cuda::CudaError if it fails. What follows the
/// call says for which layer and shapes it is (a std::string, formed only then).
#define CASTNET_CHECK(call, ...)                                                      \
  do {                                                                                \
    if (auto castnet_status = (call); castnet_status != decltype(castnet_status){}) { \
      ::castnet::cuda::fail(castnet_status, #call __VA_OPT__(, ) __VA_ARGS__);        \
    }                                                                                 \
  } while (false)
