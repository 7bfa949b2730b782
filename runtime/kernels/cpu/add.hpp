// Residual addition.
#pragma once

#include <cstddef>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

/// y [C, H, W] = a + b; `y` may be either. Backward passes dy on to both.
template <MapShape S, class T>
void add(const T* a, const T* b, T* y) {
  constexpr std::size_t kBlock = Extent{S.channels, S.height, S.width}.block();
  for (std::size_t i = 0; i < kBlock; i += kWidth<T>) store(y + i, load(a + i) + load(b + i));
}

}  // namespace castnet::cpu
