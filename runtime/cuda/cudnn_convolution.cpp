#include "cuda/cudnn_convolution.hpp"

#include <algorithm>
#include <array>

namespace castnet::cuda {
namespace {

constexpr cudnnDataType_t kDataType =
    kPrecision == Precision::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
/// The math type that is requested from cuDNN; its rows may have another one.
constexpr cudnnMathType_t kMathType = kPrecision == Precision::fp32   ? CUDNN_FMA_MATH
                                      : kPrecision == Precision::tf32 ? CUDNN_DEFAULT_MATH
                                                                      : CUDNN_TENSOR_OP_MATH;

constexpr int kRows = 32;  ///< more than cuDNN has algorithms of one kind and math types of each

/// The algorithm 1 of each direction is deterministic and does all convolutions:
/// IMPLICIT_PRECOMP_GEMM forward, and those that cuDNN only numbers backward.
constexpr int kLastResort = 1;

const float kOne = 1;
const float kZero = 0;

/// Memory in which algorithms are tried.
DeviceMemory<Value> zeros(std::size_t elements, cudaStream_t stream) {
  DeviceMemory<Value> memory(elements);
  CASTNET_CHECK(cudaMemsetAsync(memory.data(), 0, elements * sizeof(Value), stream));
  return memory;
}

}  // namespace

CudnnConvolution::CudnnConvolution(Device& device, const char* name, const ConvShape& shape,
                                   Gradients gradients)
    : device_(device),
      name_(name),
      shape_(shape),
      gradients_(gradients),
      x_(make_tensor_descriptor()),
      y_(make_tensor_descriptor()),
      weight_(make_filter_descriptor()),
      forward_(make_call()),
      data_(make_call()),
      filter_(make_call()) {
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
}

CudnnConvolution::Call CudnnConvolution::make_call() const {
  const ConvShape& s = shape_;
  const std::string what = describe("set-up");
  Call call{make_convolution_descriptor()};
  CASTNET_CHECK(cudnnSetConvolution2dDescriptor(call.descriptor.get(), s.padding, s.padding,
                                                s.stride, s.stride, s.dilation, s.dilation,
                                                CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
                what);
  CASTNET_CHECK(cudnnSetConvolutionGroupCount(call.descriptor.get(), s.groups), what);
  CASTNET_CHECK(cudnnSetConvolutionMathType(call.descriptor.get(), kMathType), what);
  return call;
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

template <class Row, class Rank, class Size, class Run>
std::size_t CudnnConvolution::choose_one(const char* action, Call& call, Notes& notes, Rank rank,
                                         Size size, Run run) {
  using Algorithm = decltype(Row::algo);
  const cudnnConvolutionDescriptor_t descriptor = call.descriptor.get();
  Direction direction{.convolution = name_,
                      .name = action,
                      .what = describe(action),
                      .rows = {},
                      .ranked = 0,
                      .run = {}};
  std::array<Row, kRows> ranked;
  int count = 0;
  CASTNET_CHECK(rank(descriptor, kRows, &count, ranked.data()), direction.what);
  for (int i = 0; i < count; ++i) {
    const Row& row = ranked[static_cast<std::size_t>(i)];
    direction.rows.push_back(
        {static_cast<int>(row.algo), row.mathType, row.determinism, row.status, row.memory});
  }
  direction.ranked = direction.rows.size();
  AlgorithmRow last{.algorithm = kLastResort, .math = kMathType};
  last.status = size(descriptor, static_cast<Algorithm>(kLastResort), &last.workspace);
  direction.rows.push_back(last);
  direction.run = [&](const AlgorithmRow& row) {
    const DeviceMemory<std::byte> memory(row.workspace);
    CASTNET_CHECK(cudnnSetConvolutionMathType(descriptor, row.math), direction.what);
    call.algorithm = row.algorithm;
    const cudnnStatus_t status = run(Workspace{memory.data(), memory.size()});
    device_.synchronize();
    cudaGetLastError();  // what a refused launch may have left for the next to find
    return status;
  };
  const AlgorithmRow chosen = choose_algorithm(direction, device_.has_tf32());
  notes[std::string(name_) + " " + action] =
      std::to_string(chosen.algorithm) + " " + to_word(chosen.math);
  return chosen.workspace;
}

std::size_t CudnnConvolution::choose(Notes& notes) {
  const cudnnHandle_t cudnn = device_.cudnn();
  const auto elements = [&](int channels, int height, int width) {
    return static_cast<std::size_t>(shape_.batch) * static_cast<std::size_t>(channels) *
           static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  };
  const ConvShape& s = shape_;
  const cudaStream_t stream = device_.stream();
  const DeviceMemory<Value> x = zeros(elements(s.in_channels, s.in_height, s.in_width), stream);
  const DeviceMemory<Value> y =
      zeros(elements(s.out_channels, s.out_height(), s.out_width()), stream);
  const DeviceMemory<Value> weight = zeros(weights(), stream);

  std::size_t most = choose_one<cudnnConvolutionFwdAlgoPerf_t>(
      "forward", forward_, notes,
      [&](auto descriptor, int rows, int* count, auto* row) {
        return cudnnGetConvolutionForwardAlgorithm_v7(cudnn, x_.get(), weight_.get(), descriptor,
                                                      y_.get(), rows, count, row);
      },
      [&](auto descriptor, auto algorithm, std::size_t* bytes) {
        return cudnnGetConvolutionForwardWorkspaceSize(cudnn, x_.get(), weight_.get(), descriptor,
                                                       y_.get(), algorithm, bytes);
      },
      [&](Workspace memory) { return run_forward(x.data(), weight.data(), y.data(), memory); });
  if (gradients_ == Gradients::of_weight_and_input) {
    const std::size_t bytes = choose_one<cudnnConvolutionBwdDataAlgoPerf_t>(
        "backward data", data_, notes,
        [&](auto descriptor, int rows, int* count, auto* row) {
          return cudnnGetConvolutionBackwardDataAlgorithm_v7(
              cudnn, weight_.get(), y_.get(), descriptor, x_.get(), rows, count, row);
        },
        [&](auto descriptor, auto algorithm, std::size_t* size) {
          return cudnnGetConvolutionBackwardDataWorkspaceSize(
              cudnn, weight_.get(), y_.get(), descriptor, x_.get(), algorithm, size);
        },
        [&](Workspace memory) { return run_data(y.data(), weight.data(), x.data(), memory); });
    most = std::max(most, bytes);
  }
  const std::size_t bytes = choose_one<cudnnConvolutionBwdFilterAlgoPerf_t>(
      "backward weight", filter_, notes,
      [&](auto descriptor, int rows, int* count, auto* row) {
        return cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnn, x_.get(), y_.get(), descriptor,
                                                             weight_.get(), rows, count, row);
      },
      [&](auto descriptor, auto algorithm, std::size_t* size) {
        return cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnn, x_.get(), y_.get(), descriptor,
                                                              weight_.get(), algorithm, size);
      },
      [&](Workspace memory) { return run_weight(x.data(), y.data(), weight.data(), memory); });
  return std::max(most, bytes);
}

cudnnStatus_t CudnnConvolution::run_forward(const Value* x, const Value* weight, Value* y,
                                            Workspace workspace) {
  return cudnnConvolutionForward(device_.cudnn(), &kOne, x_.get(), x, weight_.get(), weight,
                                 forward_.descriptor.get(),
                                 static_cast<cudnnConvolutionFwdAlgo_t>(forward_.algorithm),
                                 workspace.memory, workspace.bytes, &kZero, y_.get(), y);
}

cudnnStatus_t CudnnConvolution::run_data(const Value* dy, const Value* weight, Value* dx,
                                         Workspace workspace) {
  return cudnnConvolutionBackwardData(device_.cudnn(), &kOne, weight_.get(), weight, y_.get(), dy,
                                      data_.descriptor.get(),
                                      static_cast<cudnnConvolutionBwdDataAlgo_t>(data_.algorithm),
                                      workspace.memory, workspace.bytes, &kZero, x_.get(), dx);
}

cudnnStatus_t CudnnConvolution::run_weight(const Value* x, const Value* dy, Value* d_weight,
                                           Workspace workspace) {
  return cudnnConvolutionBackwardFilter(
      device_.cudnn(), &kOne, x_.get(), x, y_.get(), dy, filter_.descriptor.get(),
      static_cast<cudnnConvolutionBwdFilterAlgo_t>(filter_.algorithm), workspace.memory,
      workspace.bytes, &kZero, weight_.get(), d_weight);
}

void CudnnConvolution::forward(const Value* x, const Real* weight, Value* y) {
  const Value* const w = device_.copies().of_weight(weight);
  CASTNET_CHECK(run_forward(x, w, y, workspace()), describe("forward"));
}

void CudnnConvolution::backward_data(const Value* dy, const Real* weight, Value* dx) {
  const Value* const w = device_.copies().of_weight(weight);
  CASTNET_CHECK(run_data(dy, w, dx, workspace()), describe("backward data"));
}

void CudnnConvolution::backward_weight(const Value* x, const Value* dy, Real* d_weight) {
  Value* const d_w = device_.copies().of_gradient(d_weight, weights());
  CASTNET_CHECK(run_weight(x, dy, d_w, workspace()), describe("backward weight"));
}

}  // namespace castnet::cuda
