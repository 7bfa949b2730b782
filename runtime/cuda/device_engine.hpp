// The engine of programs on the GPU. It queues an epoch as replays of a graph, and waits only at
// its end.
#pragma once

#include "cuda/augmenter.hpp"
#include "cuda/device_network.hpp"
#include "kernels/cuda/epoch.hpp"
#include "train/engine.hpp"

namespace castnet::cuda {

/// A data set's bytes on the device.
class ResidentSet {
 public:
  explicit ResidentSet(const DataSet& set);
  DeviceDataSet view() const { return {images_.data(), labels_.data(), size_}; }

 private:
  DeviceMemory<std::uint8_t> images_, labels_;
  std::uint32_t size_;
};

class DeviceEngine final : public Engine {
 public:
  /// Copies the split to the device and captures the steps. The network must be prepared.
  DeviceEngine(DeviceNetwork& network, const Split& split);
  ~DeviceEngine() override;

  void begin_epoch(std::span<const Step> steps, std::size_t position,
                   const TrainingSums& before) override;
  std::size_t advance() override;
  TrainingSums sums() override;
  bool immediate() const override { return false; }
  bool evaluate(const StopHook& stop, Evaluation& result) override;

 private:
  /// An epoch's order. The next epoch's order is computed while this epoch trains.
  struct EpochOrder {
    DeviceMemory<std::uint32_t> samples;
    Event made, used;
    std::uint64_t seed = 0;
    std::uint32_t epoch = 0;
    bool valid = false;
  };

  /// Runs a step and a batch of the evaluation. CUDA and cuDNN load kernels at their first launch,
  /// which must not happen during a capture. The network's state is restored afterwards.
  void warm_up();
  template <class Queue>
  GraphExec capture(Queue queue);
  void queue_step(const std::uint32_t* order);
  void queue_batch();
  void make_order(EpochOrder& order, std::uint64_t seed, std::uint32_t epoch);
  void set_state(const EpochState& state);
  void swap_averages();

  DeviceNetwork& network_;
  Device& device_;
  const Split& split_;
  int batch_;
  ResidentSet train_, test_;
  DeviceAugmenter augmenter_;
  CudaStream order_stream_;
  EpochOrder orders_[2];
  int current_ = 0;
  DeviceMemory<DeviceStep> steps_;
  PinnedMemory<DeviceStep> steps_copy_;
  DeviceMemory<EpochState> state_;
  PinnedMemory<EpochState> state_copy_;
  DeviceMemory<std::int32_t> predicted_;
  DeviceMemory<float> probability_, losses_;
  std::size_t position_ = 0, steps_in_epoch_ = 0;
  // Graphs of one and of several steps for each of the two orders, and of a batch of the
  // evaluation. They are empty if steps are not captured.
  GraphExec one_step_[2], many_steps_[2], batch_graph_;
};

}  // namespace castnet::cuda
