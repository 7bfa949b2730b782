// Activations as operations of their own.
#pragma once

#include <cstddef>

#include "kernels/cpu/activation_function.hpp"
#include "kernels/cpu/layout.hpp"

namespace castnet::cpu {

/// y [C, H, W] = S.act of x. `y` may be `x` for none, ReLU, leaky ReLU and sigmoid: their backward
/// accepts the output.
template <ActShape S, class T>
void activation_forward(const T* x, T* y) {
  constexpr std::size_t kBlock = Extent{S.channels, S.height, S.width}.block();
  for (std::size_t i = 0; i < kBlock; i += kWidth<T>) {
    store(y + i, detail::activate<S.act>(load(x + i), T(S.slope)));
  }
}

/// dx = dy * S.act'(x). `kept` is the output y of sigmoid, and of the others the input x; for ReLU,
/// and leaky ReLU of positive slope, the output does as well. `dx` may be `dy`.
template <ActShape S, class T>
void activation_backward(const T* kept, const T* dy, T* dx) {
  constexpr std::size_t kBlock = Extent{S.channels, S.height, S.width}.block();
  for (std::size_t i = 0; i < kBlock; i += kWidth<T>) {
    store(dx + i, detail::activate_backward_kept<S.act>(load(kept + i), load(dy + i), T(S.slope)));
  }
}

}  // namespace castnet::cpu
