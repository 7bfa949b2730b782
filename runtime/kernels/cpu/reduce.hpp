// Sums over blocks of images in a fixed order.
#pragma once

#include <algorithm>
#include <cstddef>

namespace castnet::cpu::detail {

/// to[i] = the sum of `count` rows of `partial`, `stride` apart, in ascending order.
template <class T>
void sum_blocks(const T* partial, std::size_t stride, int count, std::size_t n, T* to) {
  std::copy_n(partial, n, to);
  for (int block = 1; block < count; ++block) {
    const T* from = partial + std::size_t(block) * stride;
    for (std::size_t i = 0; i < n; ++i) to[i] += from[i];
  }
}

}  // namespace castnet::cpu::detail
