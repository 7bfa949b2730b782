// A network's state in the host's memory.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "cuda/device_network.hpp"

namespace castnet::cuda {

/// Parameters, gradients, optimiser state, running statistics and averages as every Program has
/// them, tensors side by side, and how they go to the device and come from it, where they are
/// aligned.
class HostState {
 public:
  /// The network outlives it.
  explicit HostState(DeviceNetwork& network);
  HostState(const HostState&) = delete;
  HostState& operator=(const HostState&) = delete;

  std::span<Real> parameters() { return parameters_; }
  std::span<Real> gradients() { return gradients_; }
  std::span<Real> optimizer_state() { return optimizer_state_; }
  std::span<Real> statistics() { return statistics_; }
  std::span<Real> averages() { return averages_; }

  /// Brings the device's values here, and takes these there. Each waits for it.
  void fetch();
  void store();

 private:
  /// Elements that lie side by side in both places.
  struct Piece {
    std::size_t device;  ///< place in the device's state
    Real* host;
    std::size_t elements;
  };

  void add_parameters(std::size_t device, Real* host);

  DeviceNetwork& network_;
  PinnedMemory<Real> mirror_;  ///< as on the device
  std::vector<Real> parameters_, gradients_, optimizer_state_, statistics_, averages_;
  std::vector<Piece> pieces_;
};

}  // namespace castnet::cuda
