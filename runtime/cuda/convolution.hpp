// Convolutions for generated source: cuDNN's convolutions, with castnet's kernels around them.
#pragma once

#include "cuda/cudnn_convolution.hpp"
#include "kernels/cuda/bias.hpp"

namespace castnet::cuda {

/// The convolution of shape S::value, with its bias.
template <class S>
class Convolution {
 public:
  Convolution(Device& device, const char* name, Gradients gradients)
      : device_(device), convolution_(device, name, S::value, gradients) {
    device.add(convolution_);
  }
  Convolution(const Convolution&) = delete;
  Convolution& operator=(const Convolution&) = delete;

  /// y [N, K, OH, OW] = x [N, C, H, W] * weight + bias; `bias` [K], nullptr for none.
  void forward(const Value* x, const Real* weight, const Real* bias, Value* y) {
    convolution_.forward(x, weight, y);
    if constexpr (S::value.bias) add_bias<S>(device_.stream(), bias, y);
  }
  /// d_weight and d_bias [K] (nullptr for none) of the gradient dy; scratch [S.filter_scratch()].
  void backward_weight(const Value* x, const Value* dy, Real* scratch, Real* d_weight,
                       Real* d_bias) {
    convolution_.backward_weight(x, dy, d_weight);
    if constexpr (S::value.bias) bias_gradient<S>(device_.stream(), dy, scratch, d_bias);
  }
  void backward_data(const Value* dy, const Real* weight, Value* dx) {
    convolution_.backward_data(dy, weight, dx);
  }

 private:
  Device& device_;
  CudnnConvolution convolution_;
};

/// The convolution of shape S::value, with its bias and the activation A::value after it: ReLU, or
/// leaky ReLU of positive slope.
template <class S, class A>
class ActivatedConvolution {
 public:
  ActivatedConvolution(Device& device, const char* name, Gradients gradients)
      : device_(device), convolution_(device, name, S::value, gradients) {
    device.add(convolution_);
  }
  ActivatedConvolution(const ActivatedConvolution&) = delete;
  ActivatedConvolution& operator=(const ActivatedConvolution&) = delete;

  /// y [N, K, OH, OW] = A of x [N, C, H, W] * weight + bias; `bias` [K], nullptr for none.
  void forward(const Value* x, const Real* weight, const Real* bias, Value* y) {
    convolution_.forward(x, weight, y);
    bias_activation_forward<S, A>(device_.stream(), bias, y);
  }
  /// dz, the gradient before the activation, and d_bias [K] (nullptr for none) of the gradient dy;
  /// scratch [S.bias_scratch()]. `dz` may be `dy`.
  void backward(const Value* y, const Value* dy, Real* scratch, Value* dz, Real* d_bias) {
    bias_activation_backward<S, A>(device_.stream(), y, dy, scratch, dz, d_bias);
  }
  void backward_weight(const Value* x, const Value* dz, Real* d_weight) {
    convolution_.backward_weight(x, dz, d_weight);
  }
  void backward_data(const Value* dz, const Real* weight, Value* dx) {
    convolution_.backward_data(dz, weight, dx);
  }

 private:
  Device& device_;
  CudnnConvolution convolution_;
};

/// A fully connected layer S::value as a 1x1 convolution of one pixel, whose channels are the
/// flattened image (NCHW: in PyTorch's order).
template <class S>
struct AsConvolution {
  static constexpr ConvShape value{.batch = S::value.batch,
                                   .in_channels = S::value.in_features,
                                   .in_height = 1,
                                   .in_width = 1,
                                   .out_channels = S::value.out_features,
                                   .kernel = 1,
                                   .bias = S::value.bias};
};

}  // namespace castnet::cuda
