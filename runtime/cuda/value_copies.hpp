// Parameters and their gradients as cuDNN takes them.
#pragma once

#include <cstddef>
#include <vector>

#include "core/slice.hpp"
#include "cuda/handles.hpp"
#include "cuda/value.hpp"

namespace castnet::cuda {

/// Where Value is not Real, copies of both arenas in Value: cuDNN reads weights and writes their
/// gradients there, and each arena is converted once a step. Else the arenas themselves.
class ValueCopies {
 public:
  /// Of arenas of that many elements, which outlive it.
  ValueCopies(Real* parameters, Real* gradients, std::size_t elements);

  /// What stands for a weight of the arena.
  const Value* of_weight(const Real* weight) const;
  /// What a gradient of that many elements is written to; `widen` then brings it to the arena.
  Value* of_gradient(Real* gradient, std::size_t elements);

  /// Queues the copy of all parameters.
  void narrow(cudaStream_t stream) const;
  /// Queues the copies back of the gradients that of_gradient was called for since the last call.
  void widen(cudaStream_t stream);

 private:
  Real *parameters_, *gradients_;
  std::size_t elements_;
  DeviceMemory<Value> weights_, d_weights_;
  std::vector<Slice> written_;
};

}  // namespace castnet::cuda
