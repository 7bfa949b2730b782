// The three convolutions of cuDNN.
#include <cuda_bf16.h>

#include <atomic>
#include <bit>
#include <cstring>
#include <vector>

#include "host_cuda/cudnn.hpp"
#include "host_cuda/memory.hpp"
#include "host_cuda/stream.hpp"

namespace castnet::host_cuda {
namespace {

struct Input {
  const void* data;
  std::size_t bytes;
};

/// One call: out = alpha * convolution(first, second) + beta * out.
struct Call {
  Direction direction;
  CheckedConvolution convolution;
  float alpha, beta;
  Input first, second;
  void* out;
  std::size_t out_bytes;
  void* workspace;
  Algorithm algorithm;
};

/// As the call was made.
struct Request {
  Direction direction;
  cudnnHandle_t handle;
  const void* alpha;
  Input first, second;
  int algorithm;
  void* workspace;
  std::size_t workspace_bytes;
  const void* beta;
  void* out;
  std::size_t out_bytes;
};

// Tensor cores read float with 10 bits of mantissa, rounded to the nearest.
float to_tf32(float value) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) + 0x1000) & ~0x1fffu);
}

std::vector<float> read(const Call& call, const Input& input) {
  const CheckedConvolution& v = call.convolution;
  if (v.type == CUDNN_DATA_BFLOAT16) {
    const auto* values = static_cast<const __nv_bfloat16*>(input.data);
    return {values, values + input.bytes / sizeof *values};
  }
  const auto* values = static_cast<const float*>(input.data);
  std::vector<float> result(values, values + input.bytes / sizeof *values);
  if (v.math != CUDNN_FMA_MATH) {
    for (float& value : result) value = to_tf32(value);
  }
  return result;
}

// A beta of 0 does not read what was there, which may be NaN.
template <class T>
void blend(const Call& call, const std::vector<float>& values) {
  T* out = static_cast<T*>(call.out);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float kept = call.beta == 0 ? 0 : call.beta * static_cast<float>(out[i]);
    out[i] = T(call.alpha * values[i] + kept);
  }
}

void run(const Call& call) {
  static std::atomic<int> turns = 1;
  const int turn = call.algorithm.deterministic ? 0 : turns++;
  if (call.algorithm.workspace != 0) std::memset(call.workspace, 0xff, call.algorithm.workspace);
  const bool small = call.convolution.type == CUDNN_DATA_BFLOAT16;
  std::vector<float> result(call.out_bytes / (small ? sizeof(__nv_bfloat16) : sizeof(float)));
  const std::vector<float> first = read(call, call.first), second = read(call, call.second);
  const auto compute = call.direction == Direction::forward ? convolve
                       : call.direction == Direction::data  ? convolve_data
                                                            : convolve_filter;
  compute(call.convolution.shape, first.data(), second.data(), result.data(), turn);
  small ? blend<__nv_bfloat16>(call, result) : blend<float>(call, result);
}

bool overlap(const void* a, std::size_t a_bytes, const void* b, std::size_t b_bytes) {
  const auto* x = static_cast<const char*>(a);
  const auto* y = static_cast<const char*>(b);
  return x < y + b_bytes && y < x + a_bytes;
}

cudnnStatus_t check_memory(const Request& request, std::size_t workspace) {
  const Memory& memory = Memory::device();
  const auto bad = [](const char* why) { return refuse(CUDNN_STATUS_BAD_PARAM, why); };
  if (request.alpha == nullptr || request.beta == nullptr) return bad("alpha or beta is null");
  if (!memory.on_device(request.first.data, request.first.bytes) ||
      !memory.on_device(request.second.data, request.second.bytes))
    return bad("an input does not lie in one allocation of device memory");
  if (!memory.on_device(request.out, request.out_bytes))
    return bad("the output does not lie in one allocation of device memory");
  if (request.workspace_bytes < workspace) return bad("the workspace is too small");
  if (workspace != 0 && !memory.on_device(request.workspace, request.workspace_bytes))
    return bad("the workspace does not lie in one allocation of device memory");
  for (const Input& input : {request.first, request.second}) {
    if (overlap(input.data, input.bytes, request.out, request.out_bytes))
      return bad("the output overlaps an input");
    if (workspace != 0 && overlap(input.data, input.bytes, request.workspace, workspace))
      return bad("the workspace overlaps an input");
  }
  if (workspace != 0 && overlap(request.out, request.out_bytes, request.workspace, workspace))
    return bad("the workspace overlaps the output");
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t execute(const Request& request, const CheckedConvolution& convolution) {
  const Algorithm chosen = algorithm(request.direction, request.algorithm, convolution);
  if (chosen.executed != CUDNN_STATUS_SUCCESS)
    return refuse(chosen.executed, "this algorithm cannot do this convolution");
  if (const auto status = check_memory(request, chosen.workspace)) return status;
  // No kernel's address is as small.
  const auto code = static_cast<std::uintptr_t>(
      (static_cast<int>(request.direction) * 16 + request.algorithm) * 16 + convolution.type);
  if (load(code, request.handle->stream) != cudaSuccess)
    return refuse(CUDNN_STATUS_EXECUTION_FAILED_CUDART,
                  "this algorithm's code would be loaded while the stream is captured");
  const Call call = {request.direction,
                     convolution,
                     *static_cast<const float*>(request.alpha),
                     *static_cast<const float*>(request.beta),
                     request.first,
                     request.second,
                     request.out,
                     request.out_bytes,
                     request.workspace,
                     chosen};
  if (queue(request.handle->stream, [call] { run(call); }) != cudaSuccess)
    return refuse(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "the stream takes no work");
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace
}  // namespace castnet::host_cuda

using namespace castnet::host_cuda;

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha,
                                      cudnnTensorDescriptor_t x_shape, const void* x,
                                      cudnnFilterDescriptor_t filter_shape, const void* filter,
                                      cudnnConvolutionDescriptor_t convolution,
                                      cudnnConvolutionFwdAlgo_t algo, void* workspace,
                                      size_t workspace_bytes, const void* beta,
                                      cudnnTensorDescriptor_t y_shape, void* y) {
  CheckedConvolution v;
  if (const auto status = check_convolution(handle, x_shape, filter_shape, convolution, y_shape, v))
    return status;
  return execute({Direction::forward,
                  handle,
                  alpha,
                  {x, v.x_bytes()},
                  {filter, v.filter_bytes()},
                  algo,
                  workspace,
                  workspace_bytes,
                  beta,
                  y,
                  v.y_bytes()},
                 v);
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void* alpha,
                                           cudnnFilterDescriptor_t filter_shape, const void* filter,
                                           cudnnTensorDescriptor_t dy_shape, const void* dy,
                                           cudnnConvolutionDescriptor_t convolution,
                                           cudnnConvolutionBwdDataAlgo_t algo, void* workspace,
                                           size_t workspace_bytes, const void* beta,
                                           cudnnTensorDescriptor_t dx_shape, void* dx) {
  CheckedConvolution v;
  if (const auto status =
          check_convolution(handle, dx_shape, filter_shape, convolution, dy_shape, v))
    return status;
  return execute({Direction::data,
                  handle,
                  alpha,
                  {filter, v.filter_bytes()},
                  {dy, v.y_bytes()},
                  algo,
                  workspace,
                  workspace_bytes,
                  beta,
                  dx,
                  v.x_bytes()},
                 v);
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void* alpha,
                                             cudnnTensorDescriptor_t x_shape, const void* x,
                                             cudnnTensorDescriptor_t dy_shape, const void* dy,
                                             cudnnConvolutionDescriptor_t convolution,
                                             cudnnConvolutionBwdFilterAlgo_t algo, void* workspace,
                                             size_t workspace_bytes, const void* beta,
                                             cudnnFilterDescriptor_t filter_shape, void* d_filter) {
  CheckedConvolution v;
  if (const auto status =
          check_convolution(handle, x_shape, filter_shape, convolution, dy_shape, v))
    return status;
  return execute({Direction::filter,
                  handle,
                  alpha,
                  {x, v.x_bytes()},
                  {dy, v.y_bytes()},
                  algo,
                  workspace,
                  workspace_bytes,
                  beta,
                  d_filter,
                  v.filter_bytes()},
                 v);
}
