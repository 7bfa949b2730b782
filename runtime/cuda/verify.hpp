// Compares the CUDA target with the CPU target. Both run the same network, values and batches, one
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

/// The terms whose sum a value is: products of one element of each region. If they cancel, only
/// rounding is left, and their size is its measure. Without a count nothing is known about them.
struct Terms {
  Region factors[3];
  std::size_t count = 0;
};

/// A value that an operation writes, and that is still complete when its layer's operations end.
struct VerifiedBuffer {
  const char* name;    ///< its name in the CUDA target's source
  const char* writer;  ///< e.g. "C4_conv backward data"
  bool backward;
  int segment;  ///< number of the part of its layer, from 0 in forward and in backward
  /// Elements from the start of a block's slice, in a CPU program whose buffers share no memory.
  std::size_t cpu_offset;
  std::size_t cuda_offset;  ///< elements of Real, in the CUDA program
  int channels, height, width;
  Terms terms;
};

struct VerifiedGradient {
  const char* name;  ///< name of the parameter
  Terms terms;
};

/// Runs `--steps` training steps, with an evaluation before each, through both programs. Each step
/// starts from the CPU's state, and each layer from the CPU's values. Compares activations,
/// gradients, running statistics, weights, optimiser state and averages. Prints the first tensor
/// that differs by more than rounding, and the number of others. Returns 0 if there is none, 1
/// otherwise, 2 for wrong usage, 3 if a program fails.
/// The difference of two tensors is the largest difference of two elements. One in 10,000 elements
/// of a gradient is left out, as an activation's kink may lie between the two targets' roundings.
/// The unit is the last place of the CPU's largest element, or of the size of its terms without
/// cancellation if that is more (the largest term times the root of their number). A step in which
/// only gradients differ is repeated with other images, with a message. `block`: elements of the
/// CPU program's activations for each block of images. `memory`: bytes that the CPU program takes.
int verify_main(int argc, char** argv, std::unique_ptr<Program> (*make_cpu)(),
                std::unique_ptr<Program> (*make_cuda)(), std::span<const VerifiedBuffer> buffers,
                std::span<const VerifiedGradient> gradients, std::size_t block, std::size_t memory);

}  // namespace castnet::cuda
