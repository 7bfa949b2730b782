// The square of each element, for a block of images.
#pragma once

#include <cstddef>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

/// y [C, H, W] = x * x. `y` may be `x`, unless backward reads that.
template <MapShape S, class T>
void skeleton_forward(const T* x, T* y) {
  constexpr std::size_t kBlock = Extent{S.channels, S.height, S.width}.block();
  for (std::size_t i = 0; i < kBlock; i += kWidth<T>) store(y + i, load(x + i) * load(x + i));
}

/// dx [C, H, W] = dy * 2 x. `dx` may be `dy`.
template <MapShape S, class T>
void skeleton_backward(const T* x, const T* dy, T* dx) {
  constexpr std::size_t kBlock = Extent{S.channels, S.height, S.width}.block();
  for (std::size_t i = 0; i < kBlock; i += kWidth<T>) {
    store(dx + i, load(dy + i) * (load(x + i) + load(x + i)));
  }
}

}  // namespace castnet::cpu
