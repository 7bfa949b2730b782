// DeviceNetwork: the base of every generated network for the GPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/program.hpp"
#include "cuda/arena.hpp"
#include "cuda/device.hpp"
#include "cuda/value.hpp"
#include "kernels/cuda/step.hpp"

namespace castnet::cuda {

/// The sizes of a network's arenas beside its parameters and their gradients.
struct ArenaSizes {
  /// The number of values that the optimiser keeps for each parameter, and that it needs in an
  /// update.
  std::size_t state_tensors, scratch_tensors;
  std::size_t statistics, activations;  ///< elements
  bool averaged;                        ///< whether parameters and statistics have moving averages
};

/// A network with all its memory on the device. The generated class declares its arenas (`take`)
/// and queues its operations.
class DeviceNetwork {
 public:
  virtual ~DeviceNetwork() = default;
  DeviceNetwork(const DeviceNetwork&) = delete;
  DeviceNetwork& operator=(const DeviceNetwork&) = delete;

  /// Each function queues its operations on `stream`, the device's stream.
  virtual void forward(cudaStream_t stream, Mode mode) = 0;
  virtual void backward(cudaStream_t stream) = 0;
  virtual void update(cudaStream_t stream) = 0;
  /// The place of the images: [batch][channels][height][width], normalised.
  virtual Value* images() = 0;

  const ProgramInfo& info() const { return info_; }
  Device& device() { return device_; }

  /// The data on the device that operations read and write beside the arenas.
  DeviceStep* step() const { return step_memory_.data(); }
  std::uint32_t* samples() const { return samples_; }
  Real* targets() const { return targets_; }
  Real* probabilities() const { return probabilities_; }
  Real* losses() const { return losses_; }

  /// Parameters, gradients, optimiser state, running statistics and averages as one piece of device
  /// memory, initially zero, that a copy on the host mirrors; and the place of each in it.
  std::span<Real> state() const { return {memory_.data(), state_elements_}; }
  const Slice& parameters_slice() const { return slices_[0]; }
  const Slice& gradients_slice() const { return slices_[1]; }
  const Slice& optimizer_state_slice() const { return slices_[2]; }
  const Slice& statistics_slice() const { return slices_[3]; }
  const Slice& averages_slice() const { return slices_[4]; }
  /// Fills the memory that a step writes before it reads it with NaN: activations, the optimiser's
  /// scratch memory, targets and results. This reveals a step that reads unwritten memory.
  void fill_with_nan();
  /// The size of the activation arena, in elements of Real.
  std::span<Real> activations() const {
    return {memory_.data() + slices_[5].offset, slices_[5].elements};
  }

 protected:
  DeviceNetwork(const ProgramInfo& info, const ArenaSizes& sizes);

  /// Takes the next arena, in this order: parameters, gradients, optimiser state, running
  /// statistics, averages, activations, the optimiser's scratch memory.
  Real* take() { return memory_.data() + slices_[taken_++].offset; }
  /// Runs before and after the layers: converts the weights for cuDNN, and its gradients back.
  void narrow_weights(cudaStream_t stream) { device_.copies().narrow(stream); }
  void widen_gradients(cudaStream_t stream) { device_.copies().widen(stream); }
  /// The next operations belong to this layer.
  void layer(const char* name) { device_.layer(name); }

 private:
  static constexpr int kArenas = 7;

  const ProgramInfo& info_;
  Slice slices_[kArenas];
  std::size_t state_elements_ = 0;
  int taken_ = 0;
  Device device_;
  DeviceMemory<Real> memory_;  ///< the arenas, then targets, probabilities and losses
  DeviceMemory<std::uint32_t> sample_memory_;
  DeviceMemory<DeviceStep> step_memory_;
  DeviceMemory<double> clip_memory_;

 protected:
  // These members have the names that generated operations use.
  const DeviceStep* const step_;
  std::uint32_t* const samples_;
  Real* const targets_;
  Real* const probabilities_;
  Real* const losses_;
  double* const clip_factor_;
};

}  // namespace castnet::cuda
