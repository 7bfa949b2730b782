// Fills a network's input and targets from a data set, on the device.
#pragma once

#include <cstdint>

#include "core/program.hpp"
#include "cuda/handles.hpp"
#include "cuda/value.hpp"
#include "data/normalisation.hpp"
#include "kernels/cuda/augment.hpp"

namespace castnet::cuda {

/// Augmenter on the device, with the same random streams, draws and functions. Values may differ by
/// rounding. Nothing is allocated after construction.
class DeviceAugmenter {
 public:
  /// Throws std::invalid_argument if the recipe does not fit the images' shape, or CudaError.
  DeviceAugmenter(const ProgramInfo& info, const Normalisation& normalisation);

  /// Training: slot i gets image order[step->position * batch + i], augmented and normalised, its
  /// target and its index; mixup included. `order` and `step` are on the device, as are `images`
  /// [batch][channels][height][width], `targets` [batch][classes] and `samples` [batch].
  void fill(cudaStream_t stream, const DeviceDataSet& set, const std::uint32_t* order,
            const DeviceStep* step, Value* images, Real* targets, std::uint32_t* samples) const;

  /// Evaluation: slot i gets image first + i unchanged, with first = *batch_index * batch; slots
  /// past the end repeat the last image. `batch_index` is on the device.
  void fill_plain(cudaStream_t stream, const DeviceDataSet& set, const std::uint32_t* batch_index,
                  Value* images, Real* targets, std::uint32_t* samples) const;

 private:
  DeviceMemory<Channel> channels_;
  DeviceMemory<Real> pictures_, share_;
  Augmentation all_;
};

}  // namespace castnet::cuda
