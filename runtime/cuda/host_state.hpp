// A network's state in the host's memory.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "cuda/device_network.hpp"

namespace castnet::cuda {

/// Parameters, gradients, optimiser state, running statistics and averages in a Program's layout,
/// with tensors side by side. They are copied to and from the device, where tensors are aligned.
class HostState {
 public:
  /// The network must outlive it.
  explicit HostState(DeviceNetwork& network);
  HostState(const HostState&) = delete;
  HostState& operator=(const HostState&) = delete;

  std::span<Real> parameters() { return parameters_; }
  std::span<Real> gradients() { return gradients_; }
  std::span<Real> optimizer_state() { return optimizer_state_; }
  std::span<Real> statistics() { return statistics_; }
  std::span<Real> averages() { return averages_; }

  /// Copies the device's values to the host, and the host's values to the device. Each call waits.
  void fetch();
  void store();

 private:
  /// A range of elements that is contiguous in both places.
  struct Piece {
    std::size_t device;  ///< place in the device's state
    Real* host;
    std::size_t elements;
  };

  void add_parameters(std::size_t device, Real* host);

  DeviceNetwork& network_;
  PinnedMemory<Real> mirror_;  ///< a copy in the device's layout
  std::vector<Real> parameters_, gradients_, optimizer_state_, statistics_, averages_;
  std::vector<Piece> pieces_;
};

}  // namespace castnet::cuda
