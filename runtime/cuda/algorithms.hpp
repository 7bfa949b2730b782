// Chooses cuDNN's algorithm for each direction of a convolution.
#pragma once

#include <cudnn.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "cuda/value.hpp"

namespace castnet::cuda {

/// The largest workspace that an algorithm may take.
inline constexpr std::size_t kMostWorkspace = std::size_t{256} << 20;

/// An algorithm of one direction, from cuDNN's ranking.
struct AlgorithmRow {
  int algorithm = 0;  ///< its number in that direction
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
  cudnnDeterminism_t determinism = CUDNN_DETERMINISTIC;
  cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
  std::size_t workspace = 0;  ///< bytes
};

/// Whether products under `math` have the precision that `precision` promises. cuDNN also ranks
/// algorithms of other math types than the descriptor's. If the GPU has TF32, float32 is rounded to
/// it under all math types except CUDNN_FMA_MATH.
bool keeps(Precision precision, cudnnMathType_t math, bool has_tf32);

/// The math type as text, e.g. "fma".
const char* to_word(cudnnMathType_t math);

/// One direction of a convolution for which an algorithm is chosen.
struct Direction {
  std::string convolution;         ///< e.g. "C4_conv"
  std::string name;                ///< e.g. "backward data"
  std::string what;                ///< both names with the shapes, for messages
  std::vector<AlgorithmRow> rows;  ///< the fastest first
  std::size_t ranked = 0;  ///< the number of rows that cuDNN ranked; the others are a last resort
  /// Runs a row once, and waits for it.
  std::function<cudnnStatus_t(const AlgorithmRow&)> run;
};

/// The first row that is deterministic, keeps kPrecision, takes at most kMostWorkspace and runs. A
/// row that cuDNN ranks first may still fail when it is executed. Throws CudaError.
AlgorithmRow choose_algorithm(const Direction& direction, bool has_tf32);

/// If the environment sets CASTNET_CUDA_ALGORITHMS, every row of every choice is printed to
/// standard error as CSV. This prints the header of that table.
void print_algorithm_columns();

}  // namespace castnet::cuda
