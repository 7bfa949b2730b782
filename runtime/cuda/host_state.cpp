#include "cuda/host_state.hpp"

#include <algorithm>

#include "cuda/tensor_arena.hpp"

namespace castnet::cuda {
namespace {

std::size_t elements_of(std::span<const TensorInfo> tensors) {
  std::size_t elements = 0;
  for (const TensorInfo& tensor : tensors) elements += tensor.elements;
  return elements;
}

}  // namespace

HostState::HostState(DeviceNetwork& network)
    : network_(network),
      mirror_(network.state().size()),
      parameters_(elements_of(network.info().parameters)),
      gradients_(parameters_.size()),
      optimizer_state_(network.info().optimizer_state),
      statistics_(network.statistics_slice().elements),
      averages_(network.averages_slice().elements == 0 ? 0
                                                       : parameters_.size() + statistics_.size()) {
  const std::size_t aligned = network.parameters_slice().elements;
  add_parameters(network.parameters_slice().offset, parameters_.data());
  add_parameters(network.gradients_slice().offset, gradients_.data());
  for (std::size_t i = 0; i * parameters_.size() < optimizer_state_.size(); ++i) {
    add_parameters(network.optimizer_state_slice().offset + i * aligned,
                   optimizer_state_.data() + i * parameters_.size());
  }
  pieces_.push_back({network.statistics_slice().offset, statistics_.data(), statistics_.size()});
  if (averages_.empty()) return;
  const std::size_t averages = network.averages_slice().offset;
  add_parameters(averages, averages_.data());
  pieces_.push_back(
      {averages + aligned, averages_.data() + parameters_.size(), statistics_.size()});
}

void HostState::add_parameters(std::size_t device, Real* host) {
  const std::span<const TensorInfo> tensors = network_.info().parameters;
  for (const TensorInfo& tensor : tensors) {
    const Slice slice = aligned_slice(tensors, {tensor.offset, tensor.elements});
    pieces_.push_back({device + slice.offset, host + tensor.offset, tensor.elements});
  }
}

void HostState::fetch() {
  Device& device = network_.device();
  download<Real>(device.stream(), mirror_.span(), network_.state().data());
  device.synchronize();
  for (const Piece& piece : pieces_) {
    std::copy_n(mirror_.data() + piece.device, piece.elements, piece.host);
  }
}

void HostState::store() {
  for (const Piece& piece : pieces_) {
    std::copy_n(piece.host, piece.elements, mirror_.data() + piece.device);
  }
  Device& device = network_.device();
  upload<Real>(device.stream(), network_.state().data(), mirror_.span());
  device.synchronize();
}

}  // namespace castnet::cuda
