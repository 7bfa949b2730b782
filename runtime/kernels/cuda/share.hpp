// What a thread of a reducing block reads more than once.
#pragma once

#include <type_traits>

#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

/// Items read(i), i in 0 .. Count - 1, shared out over a block of Threads threads, neighbours to
/// neighbours. A share of at most 128 bytes stays in registers; a larger one is read again by each
/// pass.
template <unsigned Count, int Threads, class Read>
class Share {
 public:
  using Item = std::invoke_result_t<const Read&, unsigned>;

  __device__ explicit Share(Read read) : read_(read) {
    if constexpr (kHeld) {
      CASTNET_UNROLL
      for (unsigned k = 0; k < kEach; ++k) {
        const unsigned i = k * Threads + threadIdx.x;
        if (i < Count) held_[k] = read_(i);
      }
    }
  }

  /// function(i, item) for this thread's items.
  template <class Function>
  __device__ void each(Function function) const {
    if constexpr (kHeld) {
      CASTNET_UNROLL
      for (unsigned k = 0; k < kEach; ++k) {
        const unsigned i = k * Threads + threadIdx.x;
        if (i < Count) function(i, held_[k]);
      }
    } else {
      for (unsigned i = threadIdx.x; i < Count; i += Threads) function(i, read_(i));
    }
  }

 private:
  static constexpr unsigned kEach = (Count + Threads - 1) / Threads;
  static constexpr bool kHeld = kEach * sizeof(Item) <= 128;

  Read read_;
  Item held_[kHeld ? kEach : 1] = {};
};

template <unsigned Count, int Threads, class Read>
__device__ Share<Count, Threads, Read> share(Read read) {
  return Share<Count, Threads, Read>(read);
}

}  // namespace castnet::cuda
