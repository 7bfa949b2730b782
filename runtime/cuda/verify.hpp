// The CUDA target against the CPU target: the same network, values and batches through both, one
// layer at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/program.hpp"

namespace castnet::cuda {

/// Elements of a CPU program whose buffers share no memory, from the start of each block's slice.
struct Region {
  std::size_t offset = 0, elements = 0;
};

/// What a value is a sum of: products of one element of each region. Where they cancel, rounding is
/// what is left, and their size is its measure. No count: nothing is known of them.
struct Terms {
  Region factors[3];
  std::size_t count = 0;
};

/// A value that an operation writes, and that is still whole when its layer's operations end.
struct VerifiedBuffer {
  const char* name;    ///< as the CUDA target's source has it
  const char* writer;  ///< e.g. "C4_conv backward data"
  bool backward;
  int segment;  ///< counts the stretches of one layer, forward and backward each from 0
  /// Elements from the start of a block's slice, in a CPU program whose buffers share no memory.
  std::size_t cpu_offset;
  std::size_t cuda_offset;  ///< elements of Real, in the CUDA program
  int channels, height, width;
  Terms terms;
};

struct VerifiedGradient {
  const char* name;  ///< of the parameter
  Terms terms;
};

/// Runs `--steps` training steps, and before each an evaluation, through both programs, each from
/// the CPU's state and each layer from the CPU's values, and compares activations, gradients,
/// running statistics, weights, optimiser state and averages. Prints the first tensor that differs
/// by more than rounding, and the number of others. Returns 0 if there is none, 1 otherwise, 2 for
/// wrong usage, 3 if a program fails.
///
/// The difference of two tensors is the largest of two elements' (gradients: but for one in 10,000,
/// as an activation's kink may lie between the two targets' roundings), in units in the last place
/// of the CPU's largest element, or of what its terms would come to without cancelling if that is
/// more: the largest, times the root of their number. A step in which only gradients differ is
/// tried again with other images, and says so. `block`: elements of the CPU program's activations
/// for each block of images. `memory`: bytes that the CPU program takes.
int verify_main(int argc, char** argv, std::unique_ptr<Program> (*make_cpu)(),
                std::unique_ptr<Program> (*make_cuda)(), std::span<const VerifiedBuffer> buffers,
                std::span<const VerifiedGradient> gradients, std::size_t block, std::size_t memory);

}  // namespace castnet::cuda
