// DeviceProgram: a DeviceNetwork as a Program for tests, checkpoints and the training loop.
#pragma once

#include <memory>

#include "cuda/device_network.hpp"
#include "cuda/host_state.hpp"
#include "train/engine.hpp"

namespace castnet::cuda {

/// Copies of all state on the host (`fetch` and `store` copy them), and batches that are filled on
/// the host. Each call waits for its work, which suits tests and comparison. Training runs through
/// the engine, which does not wait.
class DeviceProgram final : public Program, public Accelerated {
 public:
  explicit DeviceProgram(std::unique_ptr<DeviceNetwork> network);

  const ProgramInfo& info() const override { return network_->info(); }
  ImageSlot image(int slot) override;
  std::span<Real> targets() override { return targets_.span(); }
  std::span<std::uint32_t> samples() override { return samples_.span(); }
  void forward(Mode mode, const Step& step) override;
  void backward(const Step& step) override;
  void update(const Step& step) override;
  std::span<const Real> probabilities() const override { return probabilities_.span(); }
  std::span<const Real> losses() const override { return losses_.span(); }

  std::span<Real> parameters() override { return state_.parameters(); }
  std::span<Real> gradients() override { return state_.gradients(); }
  std::span<Real> optimizer_state() override { return state_.optimizer_state(); }
  std::span<Real> statistics() override { return state_.statistics(); }
  std::span<Real> averages() override { return state_.averages(); }
  void fetch() override { state_.fetch(); }
  void store() override { state_.store(); }

  Notes prepare() override;
  std::unique_ptr<Engine> make_engine(const Split& split) override;

  DeviceNetwork& network() { return *network_; }

 private:
  void send(const Step& step);
  void send_batch();

  std::unique_ptr<DeviceNetwork> network_;
  HostState state_;
  PinnedMemory<Real> images_;
  PinnedMemory<Value> values_;  ///< the images in the device's number type
  PinnedMemory<Real> targets_;
  PinnedMemory<std::uint32_t> samples_;
  PinnedMemory<Real> probabilities_;
  PinnedMemory<Real> losses_;
  PinnedMemory<DeviceStep> step_;
};

}  // namespace castnet::cuda
