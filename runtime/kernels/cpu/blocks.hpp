// Sums over the blocks of a batch, in a fixed order.
#pragma once

#include <cstddef>

#include "core/slice.hpp"
#include "kernels/cpu/layout.hpp"

namespace castnet::cpu {

/// to [n] = the sum of the first n elements of `count` blocks' parts, in ascending order of the
/// blocks, whatever the number of threads.
template <class T>
void sum_blocks(Blocks<T> from, int count, std::size_t n, T* to) {
#pragma omp parallel for simd schedule(static)
  for (std::size_t i = 0; i < n; ++i) {
    T total = from[0][i];
    for (int block = 1; block < count; ++block) total += from[block][i];
    to[i] = total;
  }
}

}  // namespace castnet::cpu
