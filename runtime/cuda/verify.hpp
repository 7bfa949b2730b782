// The CUDA target against the CPU target: the same network, values and batches through both, one
// layer at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/program.hpp"

namespace castnet::cuda {

/// A value that an operation writes, and that is still whole when its layer's operations end.
struct VerifiedBuffer {
  const char* name;    ///< as the CUDA target's source has it
  const char* writer;  ///< e.g. "C4_conv backward data"
  bool backward;
  int segment;  ///< counts the stretches of one layer, forward and backward each from 0
  /// Elements from the start of a block's part, in a CPU program whose buffers share no memory.
  std::size_t cpu_offset;
  std::size_t cuda_offset;  ///< elements of Real, in the CUDA program
  int channels, height, width;
};

/// Runs `--steps` training steps, and before each an evaluation, through both programs, each from
/// the CPU's state and each layer from the CPU's values, and compares activations, gradients,
/// running statistics, weights, optimiser state and averages. Prints the first tensor that differs
/// by more than rounding, and the number of others. Returns 0 if there is none, 1 otherwise, 2 for
/// wrong usage, 3 if a program fails.
///
/// The difference of two tensors is the largest of two elements' (gradients: but for one in 10,000,
/// as an activation's kink may lie between the two targets' roundings), in units in the last place
/// of the CPU's largest element. A step in which only gradients differ is tried again with other
/// images, and says so. `block`: elements of the CPU program's activations for each block of
/// images.
int verify_main(int argc, char** argv, std::unique_ptr<Program> (*make_cpu)(),
                std::unique_ptr<Program> (*make_cuda)(), std::span<const VerifiedBuffer> buffers,
                std::size_t block);

}  // namespace castnet::cuda
