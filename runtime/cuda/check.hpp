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

/// Throws CudaError unless `status` says success. `call`: the expression; `what`: layer and shapes.
template <class Status>
void check(Status status, const char* call, const std::string& what = {},
           const std::source_location& where = std::source_location::current()) {
  if (status == Status{}) return;
  throw CudaError(detail::place(where) + ": " + (what.empty() ? "" : what + ": ") + call +
                  " failed: " + detail::describe(status));
}

}  // namespace castnet::cuda

/// Evaluates a CUDA or cuDNN call and throws castnet::cuda::CudaError if it fails. What follows the
/// call says for which layer and shapes it is (a std::string).
#define CASTNET_CHECK(call, ...) ::castnet::cuda::check((call), #call __VA_OPT__(, ) __VA_ARGS__)
