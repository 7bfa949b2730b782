// What cuDNN's handles stand for, and the checks that all of its calls share.
#pragma once

#include <cudnn.h>

#include <cstddef>
#include <string>

#include "host_cuda/convolution.hpp"

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

struct cudnnTensorStruct {
  bool set = false;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  int n = 0, c = 0, h = 0, w = 0;
};

struct cudnnFilterStruct {
  bool set = false;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  int k = 0, c = 0, r = 0, s = 0;
};

struct cudnnConvolutionStruct {
  bool set = false;
  int pad_h = 0, pad_w = 0, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int groups = 1;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};

namespace castnet::host_cuda {

/// Sets what cudnnGetLastErrorString says, and returns `status`.
cudnnStatus_t refuse(cudnnStatus_t status, const std::string& why);

/// A convolution whose descriptors agree with each other.
struct CheckedConvolution {
  ConvolutionShape shape;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;

  std::size_t x_bytes() const;
  std::size_t filter_bytes() const;
  std::size_t y_bytes() const;
};

/// Null handles and descriptors, those that were not set, and those that contradict are refused.
cudnnStatus_t check_convolution(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
                                cudnnFilterDescriptor_t filter,
                                cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t y,
                                CheckedConvolution& checked);

enum class Direction { forward, data, filter };

/// An algorithm of cuDNN for a direction, for one convolution.
struct Algorithm {
  int number = 0;
  cudnnStatus_t status = CUDNN_STATUS_NOT_SUPPORTED;  ///< of its row among those that are ranked
  bool deterministic = true;
  std::size_t workspace = 0;
  float rank = 0;  ///< made up, the smallest first
  /// What comes of executing it, which its row need not tell.
  cudnnStatus_t executed = status;
};

/// The algorithm `number`; its statuses say whether it can do this convolution.
Algorithm algorithm(Direction direction, int number, const CheckedConvolution& convolution);

/// Output's dimension: of `size` pixels, as cuDNN documents it.
inline int output_size(int size, int filter, int pad, int stride, int dilation) {
  return 1 + (size + 2 * pad - ((filter - 1) * dilation + 1)) / stride;
}

}  // namespace castnet::host_cuda
