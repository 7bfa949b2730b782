// Which algorithms cuDNN has for a convolution. Times are made up, and the fastest of a backward
// pass is one that is not deterministic: who picks by time alone is found out.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "host_cuda/cudnn.hpp"
#include "host_cuda/memory.hpp"
#include "host_cuda/stream.hpp"

namespace castnet::host_cuda {
namespace {

constexpr bool kDeterministic = true;

Algorithm forward_algorithm(int number, const CheckedConvolution& v) {
  const ConvolutionShape& s = v.shape;
  const std::size_t taps = std::size_t(s.c) * std::size_t(s.r * s.s);
  switch (number) {
    case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM:
      return {number, CUDNN_STATUS_SUCCESS, kDeterministic, 0, 3};
    case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM:
      return {number, CUDNN_STATUS_SUCCESS, kDeterministic, taps * sizeof(int), 1};
    case CUDNN_CONVOLUTION_FWD_ALGO_GEMM:
      if (s.dilation_h != 1 || s.dilation_w != 1) break;
      return {number, CUDNN_STATUS_SUCCESS, kDeterministic,
              taps * std::size_t(s.groups) * std::size_t(s.oh * s.ow) * sizeof(float), 2};
    default:
      break;
  }
  return {.number = number};
}

Algorithm data_algorithm(int number, const CheckedConvolution& v) {
  switch (number) {
    case CUDNN_CONVOLUTION_BWD_DATA_ALGO_0:
      return {number, CUDNN_STATUS_SUCCESS, !kDeterministic, 0, 1};
    case CUDNN_CONVOLUTION_BWD_DATA_ALGO_1:
      return {number, CUDNN_STATUS_SUCCESS, kDeterministic, v.filter_bytes(), 2};
    default:
      return {.number = number};
  }
}

Algorithm filter_algorithm(int number, const CheckedConvolution& v) {
  switch (number) {
    case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0:
      return {number, CUDNN_STATUS_SUCCESS, !kDeterministic, 0, 2};
    case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1:
      return {number, CUDNN_STATUS_SUCCESS, kDeterministic, 2 * v.filter_bytes(), 3};
    case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_3:
      return {number, CUDNN_STATUS_SUCCESS, !kDeterministic, 64, 1};
    default:
      return {.number = number};
  }
}

// The math types that cuDNN tries when it is asked for one.
std::vector<cudnnMathType_t> tried(cudnnMathType_t math) {
  if (math == CUDNN_TENSOR_OP_MATH) return {CUDNN_TENSOR_OP_MATH, CUDNN_DEFAULT_MATH};
  return {math};
}

template <class Row>
struct Traits;
template <>
struct Traits<cudnnConvolutionFwdAlgoPerf_t> {
  static constexpr Direction kDirection = Direction::forward;
  static constexpr int kCount = CUDNN_CONVOLUTION_FWD_ALGO_COUNT;
};
template <>
struct Traits<cudnnConvolutionBwdDataAlgoPerf_t> {
  static constexpr Direction kDirection = Direction::data;
  static constexpr int kCount = CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT;
};
template <>
struct Traits<cudnnConvolutionBwdFilterAlgoPerf_t> {
  static constexpr Direction kDirection = Direction::filter;
  static constexpr int kCount = CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT;
};

template <class Row>
Row to_row(Algorithm a, cudnnMathType_t math, std::size_t workspace) {
  if (a.status == CUDNN_STATUS_SUCCESS && a.workspace > workspace) {
    a.status = CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
    a.time = -1;
  }
  Row row = {};
  row.algo = static_cast<decltype(row.algo)>(a.number);
  row.status = a.status;
  row.time = math == CUDNN_TENSOR_OP_MATH ? a.time / 2 : a.time;
  row.memory = a.workspace;
  row.determinism = a.deterministic ? CUDNN_DETERMINISTIC : CUDNN_NON_DETERMINISTIC;
  row.mathType = math;
  return row;
}

// The best first; those that fail stand last, and have no time.
template <class Row>
std::vector<Row> rows(const CheckedConvolution& v, std::size_t workspace) {
  std::vector<Row> rows;
  for (const cudnnMathType_t math : tried(v.math)) {
    for (int i = 0; i < Traits<Row>::kCount; ++i)
      rows.push_back(to_row<Row>(algorithm(Traits<Row>::kDirection, i, v), math, workspace));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    const bool a_works = a.status == CUDNN_STATUS_SUCCESS;
    const bool b_works = b.status == CUDNN_STATUS_SUCCESS;
    return a_works != b_works ? a_works : a.time < b.time;
  });
  return rows;
}

template <class Row>
cudnnStatus_t give(const std::vector<Row>& rows, int requested, int* returned, Row* results) {
  if (requested < 1 || returned == nullptr || results == nullptr)
    return refuse(CUDNN_STATUS_BAD_PARAM, "no place for the results");
  *returned = std::min(requested, static_cast<int>(rows.size()));
  std::copy_n(rows.begin(), *returned, results);
  return CUDNN_STATUS_SUCCESS;
}

template <class Row>
cudnnStatus_t heuristic(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
                        cudnnFilterDescriptor_t filter, cudnnConvolutionDescriptor_t convolution,
                        cudnnTensorDescriptor_t y, int requested, int* returned, Row* results) {
  CheckedConvolution v;
  if (const auto status = check_convolution(handle, x, filter, convolution, y, v)) return status;
  return give(rows<Row>(v, kDeviceBytes), requested, returned, results);
}

struct Range {
  const void* data;
  std::size_t bytes;
};

// Trying algorithms overwrites the output and the workspace.
template <class Row>
cudnnStatus_t find(const CheckedConvolution& v, std::array<Range, 2> inputs, Range output,
                   Range workspace, int requested, int* returned, Row* results) {
  const Memory& memory = Memory::device();
  for (const Range& range : {inputs[0], inputs[1], output, workspace}) {
    if (range.bytes != 0 && !memory.on_device(range.data, range.bytes))
      return refuse(CUDNN_STATUS_BAD_PARAM, "a tensor or the workspace is not in device memory");
  }
  if (refuse_in_any_capture() != cudaSuccess)
    return refuse(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "algorithms are tried during a capture");
  {
    const DeviceWork working;
    std::memset(const_cast<void*>(output.data), 0xff, output.bytes);
    if (workspace.bytes != 0) std::memset(const_cast<void*>(workspace.data), 0xff, workspace.bytes);
  }
  return give(rows<Row>(v, workspace.bytes), requested, returned, results);
}

cudnnStatus_t workspace(Direction direction, cudnnHandle_t handle, cudnnTensorDescriptor_t x,
                        cudnnFilterDescriptor_t filter, cudnnConvolutionDescriptor_t convolution,
                        cudnnTensorDescriptor_t y, int number, size_t* bytes) {
  CheckedConvolution v;
  if (const auto status = check_convolution(handle, x, filter, convolution, y, v)) return status;
  if (bytes == nullptr) return refuse(CUDNN_STATUS_BAD_PARAM, "no place for the size");
  const Algorithm a = algorithm(direction, number, v);
  if (a.status != CUDNN_STATUS_SUCCESS)
    return refuse(a.status, "this algorithm cannot do this convolution");
  *bytes = a.workspace;
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace

Algorithm algorithm(Direction direction, int number, const CheckedConvolution& convolution) {
  switch (direction) {
    case Direction::forward:
      return forward_algorithm(number, convolution);
    case Direction::data:
      return data_algorithm(number, convolution);
    case Direction::filter:
      return filter_algorithm(number, convolution);
  }
  return {};
}

}  // namespace castnet::host_cuda

using namespace castnet::host_cuda;

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(
    cudnnHandle_t handle, cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t filter,
    cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t y,
    cudnnConvolutionFwdAlgo_t algo, size_t* bytes) {
  return workspace(Direction::forward, handle, x, filter, convolution, y, algo, bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(
    cudnnHandle_t handle, cudnnFilterDescriptor_t filter, cudnnTensorDescriptor_t dy,
    cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t dx,
    cudnnConvolutionBwdDataAlgo_t algo, size_t* bytes) {
  return workspace(Direction::data, handle, dx, filter, convolution, dy, algo, bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(
    cudnnHandle_t handle, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t dy,
    cudnnConvolutionDescriptor_t convolution, cudnnFilterDescriptor_t d_filter,
    cudnnConvolutionBwdFilterAlgo_t algo, size_t* bytes) {
  return workspace(Direction::filter, handle, x, d_filter, convolution, dy, algo, bytes);
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(
    cudnnHandle_t handle, cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t filter,
    cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t y, int requested,
    int* returned, cudnnConvolutionFwdAlgoPerf_t* results) {
  return heuristic(handle, x, filter, convolution, y, requested, returned, results);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(
    cudnnHandle_t handle, cudnnFilterDescriptor_t filter, cudnnTensorDescriptor_t dy,
    cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t dx, int requested,
    int* returned, cudnnConvolutionBwdDataAlgoPerf_t* results) {
  return heuristic(handle, dx, filter, convolution, dy, requested, returned, results);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(
    cudnnHandle_t handle, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t dy,
    cudnnConvolutionDescriptor_t convolution, cudnnFilterDescriptor_t d_filter, int requested,
    int* returned, cudnnConvolutionBwdFilterAlgoPerf_t* results) {
  return heuristic(handle, x, d_filter, convolution, dy, requested, returned, results);
}

cudnnStatus_t cudnnFindConvolutionForwardAlgorithmEx(
    cudnnHandle_t handle, cudnnTensorDescriptor_t x_shape, const void* x,
    cudnnFilterDescriptor_t filter_shape, const void* filter,
    cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t y_shape, void* y,
    int requested, int* returned, cudnnConvolutionFwdAlgoPerf_t* results, void* workspace,
    size_t workspace_bytes) {
  CheckedConvolution v;
  if (const auto status = check_convolution(handle, x_shape, filter_shape, convolution, y_shape, v))
    return status;
  return find(v, {Range{x, v.x_bytes()}, Range{filter, v.filter_bytes()}}, {y, v.y_bytes()},
              {workspace, workspace_bytes}, requested, returned, results);
}

cudnnStatus_t cudnnFindConvolutionBackwardDataAlgorithmEx(
    cudnnHandle_t handle, cudnnFilterDescriptor_t filter_shape, const void* filter,
    cudnnTensorDescriptor_t dy_shape, const void* dy, cudnnConvolutionDescriptor_t convolution,
    cudnnTensorDescriptor_t dx_shape, void* dx, int requested, int* returned,
    cudnnConvolutionBwdDataAlgoPerf_t* results, void* workspace, size_t workspace_bytes) {
  CheckedConvolution v;
  if (const auto status =
          check_convolution(handle, dx_shape, filter_shape, convolution, dy_shape, v))
    return status;
  return find(v, {Range{filter, v.filter_bytes()}, Range{dy, v.y_bytes()}}, {dx, v.x_bytes()},
              {workspace, workspace_bytes}, requested, returned, results);
}

cudnnStatus_t cudnnFindConvolutionBackwardFilterAlgorithmEx(
    cudnnHandle_t handle, cudnnTensorDescriptor_t x_shape, const void* x,
    cudnnTensorDescriptor_t dy_shape, const void* dy, cudnnConvolutionDescriptor_t convolution,
    cudnnFilterDescriptor_t filter_shape, void* d_filter, int requested, int* returned,
    cudnnConvolutionBwdFilterAlgoPerf_t* results, void* workspace, size_t workspace_bytes) {
  CheckedConvolution v;
  if (const auto status =
          check_convolution(handle, x_shape, filter_shape, convolution, dy_shape, v))
    return status;
  return find(v, {Range{x, v.x_bytes()}, Range{dy, v.y_bytes()}}, {d_filter, v.filter_bytes()},
              {workspace, workspace_bytes}, requested, returned, results);
}
