// Which algorithms cuDNN has for a convolution. Their ranking is made up, to find out who trusts
// it: the first of a backward pass is not deterministic, one of each direction fails when it is
// executed, one that always runs is not always offered, and rows have other math types than was
// asked for.
#include <algorithm>
#include <limits>
#include <vector>

#include "host_cuda/cudnn.hpp"

namespace castnet::host_cuda {
namespace {

constexpr bool kDeterministic = true;

// What Winograd's algorithms are for.
bool is_plain(const ConvolutionShape& s) {
  return s.groups == 1 && s.r == 3 && s.s == 3 && s.stride_h == 1 && s.stride_w == 1 &&
         s.dilation_h == 1 && s.dilation_w == 1;
}

// Ranked among those that can do the convolution, but it fails.
Algorithm failing(int number, std::size_t workspace, float rank) {
  return {number, CUDNN_STATUS_SUCCESS,         kDeterministic, workspace,
          rank,   CUDNN_STATUS_EXECUTION_FAILED};
}

// An algorithm that runs, of which the ranking of convolutions by groups knows nothing.
Algorithm sure(int number, const ConvolutionShape& s, std::size_t workspace, float rank) {
  const cudnnStatus_t offered = s.groups > 1 ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_SUCCESS;
  return {number, offered, kDeterministic, workspace, rank, CUDNN_STATUS_SUCCESS};
}

Algorithm forward_algorithm(int number, const CheckedConvolution& v) {
  const ConvolutionShape& s = v.shape;
  const std::size_t taps = std::size_t(s.c) * std::size_t(s.r * s.s);
  switch (number) {
    case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM:
      return {number, CUDNN_STATUS_SUCCESS, kDeterministic, 0, 3};
    case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM:
      return sure(number, s, taps * sizeof(int), 1);
    case CUDNN_CONVOLUTION_FWD_ALGO_GEMM:
      if (s.dilation_h != 1 || s.dilation_w != 1) break;
      return {number, CUDNN_STATUS_SUCCESS, kDeterministic,
              taps * std::size_t(s.groups) * std::size_t(s.oh * s.ow) * sizeof(float), 2};
    case CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD:
      if (is_plain(s)) return failing(number, 0, 0.5F);
      break;
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
      return sure(number, v.shape, v.filter_bytes(), 2);
    case CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD:
      if (is_plain(v.shape)) return failing(number, 0, 1.5F);
      break;
    default:
      break;
  }
  return {.number = number};
}

Algorithm filter_algorithm(int number, const CheckedConvolution& v) {
  switch (number) {
    case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0:
      return {number, CUDNN_STATUS_SUCCESS, !kDeterministic, 0, 2};
    case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1:
      return sure(number, v.shape, 2 * v.filter_bytes(), 3);
    case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_3:
      return {number, CUDNN_STATUS_SUCCESS, !kDeterministic, 64, 1};
    case CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD_NONFUSED:
      if (is_plain(v.shape)) return failing(number, 4 * v.filter_bytes(), 2.5F);
      break;
    default:
      break;
  }
  return {.number = number};
}

// Tensor cores take no groups and whole vectors of 16 bytes.
bool suits_tensor_cores(const CheckedConvolution& v) {
  const int vector = v.type == CUDNN_DATA_BFLOAT16 ? 8 : 4;
  return v.shape.groups == 1 && v.shape.c % vector == 0 && v.shape.k % vector == 0;
}

// The math types of the rows. Which was asked for decides little: a row says what its kernel uses.
std::vector<cudnnMathType_t> ranked(const CheckedConvolution& v) {
  std::vector<cudnnMathType_t> types;
  if (v.math == CUDNN_FMA_MATH) types.push_back(CUDNN_FMA_MATH);
  if (suits_tensor_cores(v)) {
    types.push_back(CUDNN_TENSOR_OP_MATH);
  } else if (v.math != CUDNN_FMA_MATH) {
    types.push_back(CUDNN_DEFAULT_MATH);
  }
  return types;
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
  for (const cudnnMathType_t math : ranked(v)) {
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

cudnnStatus_t workspace(Direction direction, int number, cudnnHandle_t handle,
                        cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t filter,
                        cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t y,
                        size_t* bytes) {
  if (bytes == nullptr) return refuse(CUDNN_STATUS_BAD_PARAM, "no place for the workspace's size");
  CheckedConvolution v;
  if (const auto status = check_convolution(handle, x, filter, convolution, y, v)) return status;
  const Algorithm asked = algorithm(direction, number, v);
  if (asked.executed == CUDNN_STATUS_NOT_SUPPORTED)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "this algorithm cannot do this convolution");
  *bytes = asked.workspace;
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

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(
    cudnnHandle_t handle, cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t filter,
    cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t y,
    cudnnConvolutionFwdAlgo_t algo, size_t* bytes) {
  return workspace(Direction::forward, algo, handle, x, filter, convolution, y, bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(
    cudnnHandle_t handle, cudnnFilterDescriptor_t filter, cudnnTensorDescriptor_t dy,
    cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t dx,
    cudnnConvolutionBwdDataAlgo_t algo, size_t* bytes) {
  return workspace(Direction::data, algo, handle, dx, filter, convolution, dy, bytes);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(
    cudnnHandle_t handle, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t dy,
    cudnnConvolutionDescriptor_t convolution, cudnnFilterDescriptor_t d_filter,
    cudnnConvolutionBwdFilterAlgo_t algo, size_t* bytes) {
  return workspace(Direction::filter, algo, handle, x, d_filter, convolution, dy, bytes);
}
