// Parameters and their gradients in cuDNN's number type.
#pragma once

#include <cstddef>
#include <vector>

#include "core/slice.hpp"
#include "cuda/handles.hpp"
#include "cuda/value.hpp"

namespace castnet::cuda {

/// If Value is not Real, copies of both arenas in Value: cuDNN reads weights and writes gradients
/// there, and each arena is converted once per step. Otherwise the arenas themselves.
class ValueCopies {
 public:
  /// Copies of arenas with this number of elements. The arenas must outlive them.
  ValueCopies(Real* parameters, Real* gradients, std::size_t elements);

  /// The copy of a weight of the arena.
  const Value* of_weight(const Real* weight) const;
  /// The place to which cuDNN writes a gradient with this number of elements. `widen` then copies
  /// it to the arena.
  Value* of_gradient(Real* gradient, std::size_t elements);

  /// Queues the copy of all parameters.
  void narrow(cudaStream_t stream) const;
  /// Queues the conversion of all gradients that of_gradient was called for since the last call.
  void widen(cudaStream_t stream);

 private:
  Real *parameters_, *gradients_;
  std::size_t elements_;
  DeviceMemory<Value> weights_, d_weights_;
  std::vector<Slice> written_;
};

}  // namespace castnet::cuda
