// -- program
$banner$

#include <array>
#include <memory>

$kernel_headers$
$optimizer_headers$
#include "$memory_file$"
#include "train/trainer_main.hpp"

namespace $namespace$ {
namespace net_$name$ {

using namespace ::castnet::cuda;

$shapes$

// ---- The network --------------------------------------------------------------------------------

class Network final : public DeviceNetwork {
 public:
  void forward(cudaStream_t stream, [[maybe_unused]] Mode mode) override {
    narrow_weights(stream);  // where activations are not float32

    $forward$
  }

  void backward(cudaStream_t stream) override {
    $backward$

    widen_gradients(stream);
  }

  void update(cudaStream_t stream) override {
    $clip_gradients$
    $update$
    $average$
  }

  $facts$

  // On the device each parameter begins at a multiple of 16 bytes, as bfloat16 too.
  static constexpr std::size_t kAligned = aligned_elements(kParameterTensors);
  static constexpr auto kAlignedGroups = aligned_groups(kGroups, kParameterTensors);

  Network()
      : DeviceNetwork(kInfo, {.state_tensors = kOptimizerState / kParameters,
                              .scratch_tensors = kOptimizerScratch / kParameters,
                              .statistics = kStatistics,
                              .activations = kActivations,
                              .averaged = kAverages > 0}) {}

  Value* images() override { return input; }

 private:
  TensorArena<Real> parameters_{take(), kParameterTensors};
  TensorArena<Real> gradients_{take(), kParameterTensors};
  Arena<Real, kOptimizerState / kParameters * kAligned> optimizer_state_{take()};
  Arena<Real, kStatistics> statistics_{take()};
  Arena<Real, kAverages == 0 ? 0 : kAligned + kStatistics> averages_{take()};
  Arena<Real, kActivations> activations_{take()};
  Arena<Real, kOptimizerScratch / kParameters * kAligned> optimizer_scratch_{take()};

  // Parameters, their gradients, and running statistics.
  $tensor_members$

  // Activations and their gradients, where the memory map has them.
  $buffer_members$

  // Operations of cuDNN.
  $operation_members$
};

$make$
