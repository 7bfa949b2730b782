#include "cuda/algorithms.hpp"

#include <cstdio>
#include <cstdlib>

#include "core/cuda_check.hpp"

namespace castnet::cuda {
namespace {

bool prints_algorithms() { return std::getenv("CASTNET_CUDA_ALGORITHMS") != nullptr; }

/// Why a row is not even tried; nullptr where it is.
const char* fault_of(const AlgorithmRow& row, bool has_tf32) {
  if (row.status != CUDNN_STATUS_SUCCESS) return "not offered";
  if (row.determinism != CUDNN_DETERMINISTIC) return "not deterministic";
  if (!keeps(kPrecision, row.math, has_tf32)) return "other precision";
  if (row.workspace > kMostWorkspace) return "too much workspace";
  return nullptr;
}

void print_rows(const Direction& direction, const std::vector<std::string>& outcomes) {
  if (!prints_algorithms()) return;
  for (std::size_t i = 0; i < direction.rows.size(); ++i) {
    const AlgorithmRow& row = direction.rows[i];
    const std::string rank = i < direction.ranked ? std::to_string(i + 1) : "last resort";
    std::fprintf(stderr, "%s,%s,%s,%d,%s,%s,%s,%zu,%s\n", direction.convolution.c_str(),
                 direction.name.c_str(), rank.c_str(), row.algorithm, to_word(row.math),
                 row.determinism == CUDNN_DETERMINISTIC ? "yes" : "no",
                 cudnnGetErrorString(row.status), row.workspace, outcomes[i].c_str());
  }
}

}  // namespace

bool keeps(Precision precision, cudnnMathType_t math, bool has_tf32) {
  switch (precision) {
    case Precision::fp32:
      return math == CUDNN_FMA_MATH || (math == CUDNN_DEFAULT_MATH && !has_tf32);
    case Precision::tf32:
      return math != CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION;
    case Precision::bf16:
      return true;
  }
  return false;
}

const char* to_word(cudnnMathType_t math) {
  switch (math) {
    case CUDNN_DEFAULT_MATH:
      return "default";
    case CUDNN_TENSOR_OP_MATH:
      return "tensor_op";
    case CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION:
      return "tensor_op_conversion";
    case CUDNN_FMA_MATH:
      return "fma";
  }
  return "unknown";
}

AlgorithmRow choose_algorithm(const Direction& direction, bool has_tf32) {
  std::vector<std::string> outcomes(direction.rows.size());
  const AlgorithmRow* chosen = nullptr;
  for (std::size_t i = 0; i < direction.rows.size() && chosen == nullptr; ++i) {
    const AlgorithmRow& row = direction.rows[i];
    if (const char* fault = fault_of(row, has_tf32)) {
      outcomes[i] = fault;
    } else if (const cudnnStatus_t status = direction.run(row); status != CUDNN_STATUS_SUCCESS) {
      outcomes[i] = std::string("failed: ") + cudnnGetErrorString(status);
    } else {
      outcomes[i] = "chosen";
      chosen = &row;
    }
  }
  print_rows(direction, outcomes);
  if (chosen == nullptr) {
    throw CudaError(direction.what +
                    ": cuDNN has no deterministic algorithm that runs in this precision and " +
                    std::to_string(kMostWorkspace >> 20) +
                    " MiB of workspace (CASTNET_CUDA_ALGORITHMS=1 prints which it has)");
  }
  return *chosen;
}

void print_algorithm_columns() {
  if (!prints_algorithms()) return;
  std::fprintf(stderr,
               "convolution,direction,rank,algorithm,math,deterministic,status,workspace_bytes,"
               "outcome\n");
}

}  // namespace castnet::cuda
