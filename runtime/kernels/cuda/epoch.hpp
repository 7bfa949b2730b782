// The bookkeeping of an epoch, on the device: which step comes next, sums of loss and accuracy, and
// what an evaluation says of each image. The kernels are templates because nvcc ignores `inline`,
// with which they could stand in several files.
#pragma once

#include <cstdint>

#include "core/real.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/step.hpp"

namespace castnet::cuda {

/// Where an epoch stands. Read by the host when it ends.
struct EpochState {
  std::uint32_t position;  ///< of the next step, or batch of an evaluation
  std::uint32_t unused;
  std::uint64_t correct;
  double loss;
};

/// What one evaluation says of all images.
struct DeviceEvaluation {
  std::int32_t* predicted;
  float* probability;
  float* losses;
};

template <class Step>
__global__ void begin_step_kernel(const Step* steps, const EpochState* state, Step* step) {
  *step = steps[state->position];
}

/// *step = steps[state->position].
inline void begin_step(cudaStream_t stream, const DeviceStep* steps, const EpochState* state,
                       DeviceStep* step) {
  launch<begin_step_kernel<DeviceStep>>(stream, 1, 1, steps, state, step);
}

namespace detail {

/// The most probable class of a row, the lowest of equals.
CASTNET_HOST_DEVICE inline std::int32_t best_class(const Real* row, int classes) {
  std::int32_t best = 0;
  for (int k = 1; k < classes; ++k) best = row[k] > row[best] ? k : best;
  return best;
}

}  // namespace detail

/// One block of Block threads. A thread's images follow in steps of the block's size; the threads'
/// sums are joined in a fixed tree.
template <int Block>
__global__ void end_step_kernel(int batch, int classes, const std::uint8_t* labels,
                                const std::uint32_t* samples, const Real* probabilities,
                                const Real* losses, EpochState* state) {
  __shared__ double loss_sums[Block];
  __shared__ unsigned correct_sums[Block];
  double loss = 0;
  unsigned correct = 0;
  for (int i = int(threadIdx.x); i < batch; i += Block) {
    loss += double(losses[i]);
    correct += detail::best_class(probabilities + std::size_t(i) * std::size_t(classes), classes) ==
                       int(labels[samples[i]])
                   ? 1
                   : 0;
  }
  loss_sums[threadIdx.x] = loss;
  correct_sums[threadIdx.x] = correct;
  for (unsigned half = Block / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      loss_sums[threadIdx.x] += loss_sums[threadIdx.x + half];
      correct_sums[threadIdx.x] += correct_sums[threadIdx.x + half];
    }
  }
  if (threadIdx.x != 0) return;
  state->loss += loss_sums[0];
  state->correct += correct_sums[0];
  state->position += 1;
}

/// Adds the batch's losses and right answers to the epoch's, and goes to the next step.
/// `labels` are those of the data set, `samples` [batch] its indices.
inline void end_step(cudaStream_t stream, int batch, int classes, const std::uint8_t* labels,
                     const std::uint32_t* samples, const Real* probabilities, const Real* losses,
                     EpochState* state) {
  launch<end_step_kernel<kThreads>>(stream, 1, kThreads, batch, classes, labels, samples,
                                    probabilities, losses, state);
}

/// One block of Block threads.
template <int Block>
__global__ void end_batch_kernel(int batch, int classes, std::uint32_t images,
                                 const Real* probabilities, const Real* losses,
                                 DeviceEvaluation result, EpochState* state) {
  const std::uint32_t first = state->position * std::uint32_t(batch);
  for (int i = int(threadIdx.x); i < batch; i += Block) {
    const std::uint32_t image = first + std::uint32_t(i);
    if (image >= images) continue;
    const Real* row = probabilities + std::size_t(i) * std::size_t(classes);
    const std::int32_t best = detail::best_class(row, classes);
    result.predicted[image] = best;
    result.probability[image] = float(row[best]);
    result.losses[image] = float(losses[i]);
  }
  __syncthreads();
  if (threadIdx.x == 0) state->position += 1;
}

/// Writes down what the batch says of its images, of `images` in all, and goes to the next batch.
inline void end_batch(cudaStream_t stream, int batch, int classes, std::uint32_t images,
                      const Real* probabilities, const Real* losses, const DeviceEvaluation& result,
                      EpochState* state) {
  launch<end_batch_kernel<kThreads>>(stream, 1, kThreads, batch, classes, images, probabilities,
                                     losses, result, state);
}

}  // namespace castnet::cuda
