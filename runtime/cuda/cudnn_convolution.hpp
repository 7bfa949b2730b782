// Convolutions by cuDNN. Descriptors, algorithms and workspace are fixed before the first step.
#pragma once

#include "castnet_shared/shapes.hpp"
#include "cuda/algorithms.hpp"
#include "cuda/device.hpp"
#include "cuda/value.hpp"

namespace castnet::cuda {

/// The gradients of a convolution that are computed. A network's first layer passes none on.
enum class Gradients { of_weight, of_weight_and_input };

/// The three cuDNN calls of one convolution, for shapes known at run time. All tensors are NCHW, of
/// Value; weights [K][C / groups][kernel][kernel] and their gradients are Real.
class CudnnConvolution final : public Chooser {
 public:
  /// `name` is the operation's name, for messages and notes. Throws CudaError.
  CudnnConvolution(Device& device, const char* name, const ConvShape& shape, Gradients gradients);

  /// Takes for each call the first suitable algorithm in cuDNN's ranking that runs. This choice is
  /// the same in every run on the same GPU model; a measurement would not be.
  std::size_t choose(Notes& notes) override;

  /// y = x * weight, without the bias. Weights and their gradients are read and written where the
  /// device's copies of them are. dx and d_weight are overwritten. backward_data: only where the
  /// gradient of the input is among `gradients`.
  void forward(const Value* x, const Real* weight, Value* y);
  void backward_data(const Value* dy, const Real* weight, Value* dx);
  void backward_weight(const Value* x, const Value* dy, Real* d_weight);

 private:
  /// One of the calls. Its own descriptor holds the math type of its algorithm.
  struct Call {
    ConvolutionDescriptor descriptor;
    int algorithm = 0;
  };
  struct Workspace {
    void* memory;
    std::size_t bytes;
  };

  Call make_call() const;
  std::string describe(const char* action) const;
  std::size_t weights() const { return shape_.weights(); }
  /// Chooses a call's algorithm. `rank` and `size` ask cuDNN for its ranking and for an algorithm's
  /// workspace, and `run` executes the call. Returns the workspace in bytes.
  template <class Row, class Rank, class Size, class Run>
  std::size_t choose_one(const char* action, Call& call, Notes& notes, Rank rank, Size size,
                         Run run);
  Workspace workspace() const { return {device_.workspace(), device_.workspace_bytes()}; }
  cudnnStatus_t run_forward(const Value* x, const Value* weight, Value* y, Workspace workspace);
  cudnnStatus_t run_data(const Value* dy, const Value* weight, Value* dx, Workspace workspace);
  cudnnStatus_t run_weight(const Value* x, const Value* dy, Value* d_weight, Workspace workspace);

  Device& device_;
  const char* name_;
  ConvShape shape_;
  Gradients gradients_;
  TensorDescriptor x_, y_;
  FilterDescriptor weight_;
  Call forward_, data_, filter_;
};

}  // namespace castnet::cuda
