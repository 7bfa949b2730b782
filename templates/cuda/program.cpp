// -- program
$banner$

#include <array>
#include <memory>

#include "core/program.hpp"
#include "cuda/arena.hpp"
#include "cuda/convolution.hpp"
#include "cuda/device_program.hpp"
#include "kernels/cuda/kernels.hpp"
#include "train/trainer_main.hpp"

namespace $namespace$ {
namespace net_$name$ {

using namespace ::castnet::cuda;

$facts$

// ---- The network --------------------------------------------------------------------------------

class Network final : public DeviceNetwork {
 public:
  Network()
      : DeviceNetwork(kInfo, {.parameters = kParameters,
                              .optimizer_state = kOptimizerState,
                              .buffers = kBuffers,
                              .averages = kAverages,
                              .activations = kActivations,
                              .optimizer_scratch = kOptimizerScratch}) {}

  Value* images() override { return input; }

  void forward(cudaStream_t stream, [[maybe_unused]] Mode mode) override {
    $forward$
  }

  void backward(cudaStream_t stream) override {
    $backward$
  }

  void update(cudaStream_t stream) override {
    $clip_gradients$
    $update$
    $average$
  }

 private:
  Arena<Real, kParameters> parameters_{take()};
  Arena<Real, kParameters> gradients_{take()};
  Arena<Real, kOptimizerState> optimizer_state_{take()};
  Arena<Real, kBuffers> buffers_{take()};
  Arena<Real, kAverages> averages_{take()};
  Arena<Real, kActivations> activations_{take()};
  Arena<Real, kOptimizerScratch> optimizer_scratch_{take()};

  // Parameters, their gradients, and running statistics.
  $tensor_members$

  // Activations and their gradients: shape, bytes in float32, and the operations between which each
  // lives. Those that do not meet share memory.
  $buffer_members$

  // Operations of cuDNN.
  $operation_members$
};

$make$
