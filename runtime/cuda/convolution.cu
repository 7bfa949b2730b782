#include <algorithm>
#include <array>
#include <span>
#include <type_traits>

#include "cuda/convolution.hpp"

namespace castnet::cuda {
namespace {

constexpr bool kConverts = !std::is_same_v<Value, Real>;
constexpr cudnnDataType_t kDataType = kConverts ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
constexpr cudnnMathType_t kMathType = kPrecision == Precision::fp32   ? CUDNN_FMA_MATH
                                      : kPrecision == Precision::tf32 ? CUDNN_DEFAULT_MATH
                                                                      : CUDNN_TENSOR_OP_MATH;

constexpr int kRows = 16;  ///< more than cuDNN has algorithms of one kind

const float kOne = 1;
const float kZero = 0;

/// What cuDNN takes for `own`: itself, or `converted` where Value is another type.
template <class V, class R>
V* values_of([[maybe_unused]] R* own, [[maybe_unused]] V* converted) {
  if constexpr (std::is_convertible_v<R*, V*>) {
    return own;
  } else {
    return converted;
  }
}

/// Workspace that an algorithm may take.
constexpr std::size_t kMostWorkspace = std::size_t{256} << 20;

/// The row that cuDNN expects to be the fastest of those that are deterministic and strict; rows
/// come in that order.
template <class Row>
const Row* best(std::span<const Row> rows) {
  const auto fits = [](const Row& row) {
    return row.status == CUDNN_STATUS_SUCCESS && row.determinism == CUDNN_DETERMINISTIC &&
           row.mathType == kMathType && row.memory <= kMostWorkspace;
  };
  const auto row = std::ranges::find_if(rows, fits);
  return row == rows.end() ? nullptr : &*row;
}

/// Chooses one call's algorithm among what `rank` tells, and notes it. Returns its workspace in
/// bytes.
template <class Row, class Rank>
std::size_t choose_one(const std::string& note, const std::string& what, Notes& notes,
                       decltype(Row::algo)& algorithm, Rank rank) {
  std::array<Row, kRows> rows;
  int count = 0;
  CASTNET_CHECK(rank(kRows, &count, rows.data()), what);
  const Row* row = best(std::span<const Row>(rows).first(static_cast<std::size_t>(count)));
  if (row == nullptr) {
    throw CudaError(what + ": cuDNN has no deterministic algorithm in this precision and " +
                    std::to_string(kMostWorkspace >> 20) + " MiB of workspace");
  }
  algorithm = row->algo;
  notes[note] = std::to_string(static_cast<int>(algorithm));
  return row->memory;
}

}  // namespace

CudnnConvolution::CudnnConvolution(Device& device, const char* name, const ConvShape& shape)
    : device_(device),
      name_(name),
      shape_(shape),
      x_(make_tensor_descriptor()),
      y_(make_tensor_descriptor()),
      weight_(make_filter_descriptor()),
      convolution_(make_convolution_descriptor()),
      value_weight_(kConverts ? shape.weights() : 0),
      value_d_weight_(kConverts ? shape.weights() : 0) {
  const ConvShape& s = shape_;
  const std::string what = describe("set-up");
  CASTNET_CHECK(cudnnSetTensor4dDescriptor(x_.get(), CUDNN_TENSOR_NCHW, kDataType, s.batch,
                                           s.in_channels, s.in_height, s.in_width),
                what);
  CASTNET_CHECK(cudnnSetTensor4dDescriptor(y_.get(), CUDNN_TENSOR_NCHW, kDataType, s.batch,
                                           s.out_channels, s.out_height(), s.out_width()),
                what);
  CASTNET_CHECK(
      cudnnSetFilter4dDescriptor(weight_.get(), kDataType, CUDNN_TENSOR_NCHW, s.out_channels,
                                 s.in_channels / s.groups, s.kernel, s.kernel),
      what);
  CASTNET_CHECK(cudnnSetConvolution2dDescriptor(convolution_.get(), s.padding, s.padding, s.stride,
                                                s.stride, s.dilation, s.dilation,
                                                CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
                what);
  CASTNET_CHECK(cudnnSetConvolutionGroupCount(convolution_.get(), s.groups), what);
  CASTNET_CHECK(cudnnSetConvolutionMathType(convolution_.get(), kMathType), what);
}

std::string CudnnConvolution::describe(const char* action) const {
  const ConvShape& s = shape_;
  return std::string(name_) + " " + action + " (batch " + std::to_string(s.batch) + ", " +
         std::to_string(s.in_channels) + "x" + std::to_string(s.in_height) + "x" +
         std::to_string(s.in_width) + " to " + std::to_string(s.out_channels) + "x" +
         std::to_string(s.out_height()) + "x" + std::to_string(s.out_width()) + ", kernel " +
         std::to_string(s.kernel) + ", stride " + std::to_string(s.stride) + ", padding " +
         std::to_string(s.padding) + ", dilation " + std::to_string(s.dilation) + ", groups " +
         std::to_string(s.groups) + ")";
}

std::size_t CudnnConvolution::choose(Notes& notes) {
  const cudnnHandle_t cudnn = device_.cudnn();
  const std::string name = name_;
  const std::size_t forward = choose_one<cudnnConvolutionFwdAlgoPerf_t>(
      name + " forward", describe("forward"), notes, forward_,
      [&](int rows, int* count, auto* row) {
        return cudnnGetConvolutionForwardAlgorithm_v7(
            cudnn, x_.get(), weight_.get(), convolution_.get(), y_.get(), rows, count, row);
      });
  const std::size_t data = choose_one<cudnnConvolutionBwdDataAlgoPerf_t>(
      name + " backward data", describe("backward data"), notes, backward_data_,
      [&](int rows, int* count, auto* row) {
        return cudnnGetConvolutionBackwardDataAlgorithm_v7(
            cudnn, weight_.get(), y_.get(), convolution_.get(), x_.get(), rows, count, row);
      });
  const std::size_t filter = choose_one<cudnnConvolutionBwdFilterAlgoPerf_t>(
      name + " backward weight", describe("backward weight"), notes, backward_weight_,
      [&](int rows, int* count, auto* row) {
        return cudnnGetConvolutionBackwardFilterAlgorithm_v7(
            cudnn, x_.get(), y_.get(), convolution_.get(), weight_.get(), rows, count, row);
      });
  return std::max({forward, data, filter});
}

void CudnnConvolution::forward(const Value* x, const Real* weight, Value* y) {
  if (kConverts) convert(device_.stream(), weights(), weight, value_weight_.data());
  const Value* w = values_of<const Value>(weight, value_weight_.data());
  CASTNET_CHECK(cudnnConvolutionForward(device_.cudnn(), &kOne, x_.get(), x, weight_.get(), w,
                                        convolution_.get(), forward_, device_.workspace(),
                                        device_.workspace_bytes(), &kZero, y_.get(), y),
                describe("forward"));
}

void CudnnConvolution::backward_data(const Value* dy, const Real* weight, Value* dx) {
  const Value* w = values_of<const Value>(weight, value_weight_.data());
  CASTNET_CHECK(
      cudnnConvolutionBackwardData(device_.cudnn(), &kOne, weight_.get(), w, y_.get(), dy,
                                   convolution_.get(), backward_data_, device_.workspace(),
                                   device_.workspace_bytes(), &kZero, x_.get(), dx),
      describe("backward data"));
}

void CudnnConvolution::backward_weight(const Value* x, const Value* dy, Real* d_weight) {
  Value* d_w = values_of<Value>(d_weight, value_d_weight_.data());
  CASTNET_CHECK(
      cudnnConvolutionBackwardFilter(device_.cudnn(), &kOne, x_.get(), x, y_.get(), dy,
                                     convolution_.get(), backward_weight_, device_.workspace(),
                                     device_.workspace_bytes(), &kZero, weight_.get(), d_w),
      describe("backward weight"));
  if (kConverts) convert(device_.stream(), weights(), value_d_weight_.data(), d_weight);
}

}  // namespace castnet::cuda
