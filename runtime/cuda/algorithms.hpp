// Which of cuDNN's algorithms computes a convolution in one direction.
#pragma once

#include <cudnn.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "cuda/value.hpp"

namespace castnet::cuda {

/// Workspace that an algorithm may take.
inline constexpr std::size_t kMostWorkspace = std::size_t{256} << 20;

/// An algorithm of one direction, as cuDNN ranks it.
struct AlgorithmRow {
  int algorithm = 0;  ///< its number in that direction
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
  cudnnDeterminism_t determinism = CUDNN_DETERMINISTIC;
  cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
  std::size_t workspace = 0;  ///< bytes
};

/// Whether products under `math` are what `precision` promises. cuDNN ranks rows of other math
/// types than the one that the descriptor asks for. float32 is rounded to TF32 under all but
/// CUDNN_FMA_MATH where the GPU has TF32.
bool keeps(Precision precision, cudnnMathType_t math, bool has_tf32);

/// For people, e.g. "fma".
const char* to_word(cudnnMathType_t math);

/// One direction of a convolution for which an algorithm is chosen.
struct Direction {
  std::string convolution;         ///< e.g. "C4_conv"
  std::string name;                ///< e.g. "backward data"
  std::string what;                ///< both with the shapes, for messages
  std::vector<AlgorithmRow> rows;  ///< the fastest first
  std::size_t ranked = 0;          ///< how many of the rows cuDNN ranked; others are a last resort
  /// Runs a row once, and waits for it.
  std::function<cudnnStatus_t(const AlgorithmRow&)> run;
};

/// The first row that is deterministic, keeps kPrecision, takes no more than kMostWorkspace and
/// runs. A row that cuDNN ranks first may yet fail when it is executed. Throws CudaError.
AlgorithmRow choose_algorithm(const Direction& direction, bool has_tf32);

/// Where the environment sets CASTNET_CUDA_ALGORITHMS, every row of every choice is printed to
/// standard error as CSV; this prints the names of its columns.
void print_algorithm_columns();

}  // namespace castnet::cuda
