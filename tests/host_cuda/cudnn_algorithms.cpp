// Which algorithms cuDNN has for a convolution. Their ranking is made up, and the first of a
// backward pass is one that is not deterministic: who picks by rank alone is found out.
#include <algorithm>
#include <limits>
#include <vector>

#include "host_cuda/cudnn.hpp"

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

// The best first; those that fail stand last. None was run, so none has a time.
template <class Row>
std::vector<Row> rows(const CheckedConvolution& v) {
  struct Ranked {
    Algorithm algorithm;
    cudnnMathType_t math;
    double rank() const {
      if (algorithm.status != CUDNN_STATUS_SUCCESS) return std::numeric_limits<double>::infinity();
      return math == CUDNN_TENSOR_OP_MATH ? algorithm.rank / 2 : algorithm.rank;
    }
  };
  std::vector<Ranked> all;
  for (const cudnnMathType_t math : tried(v.math)) {
    for (int i = 0; i < Traits<Row>::kCount; ++i)
      all.push_back({algorithm(Traits<Row>::kDirection, i, v), math});
  }
  std::ranges::stable_sort(all, {}, &Ranked::rank);
  std::vector<Row> rows;
  for (const auto& [a, math] : all) {
    Row row = {};
    row.algo = static_cast<decltype(row.algo)>(a.number);
    row.status = a.status;
    row.time = -1;
    row.memory = a.workspace;
    row.determinism = a.deterministic ? CUDNN_DETERMINISTIC : CUDNN_NON_DETERMINISTIC;
    row.mathType = math;
    rows.push_back(row);
  }
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
  return give(rows<Row>(v), requested, returned, results);
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
