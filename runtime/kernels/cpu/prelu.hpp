// PReLU: ReLU with a learned slope below 0 (K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into
// rectifiers", 2015).
#pragma once

#include <cstddef>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

namespace detail {

/// One channel of `Pixels` pixels.
template <int Pixels, class T>
[[gnu::noinline]] void prelu_channel(const T* x, T slope, T* y) {
  for (int i = 0; i < Pixels * kLanes; i += kWidth<T>) {
    const Vec<T> value = load(x + i);
    store(y + i, value > Vec<T>{} ? value : value * slope);
  }
}

/// dx of one channel, and the channel's share of the slope's gradient: dy * x where x <= 0, summed
/// over the pixels in ascending order, then over the images.
template <int Pixels, class T>
[[gnu::noinline]] T prelu_channel_backward(const T* x, const T* dy, T slope, T* dx) {
  Lanes<T> total;
  for (int p = 0; p < Pixels; ++p) {
    for (int i = 0; i < kParts<T>; ++i) {
      const int at = p * kLanes + i * kWidth<T>;
      const Vec<T> value = load(x + at), gradient = load(dy + at);
      total.part[i] += value > Vec<T>{} ? Vec<T>{} : value * gradient;
      store(dx + at, value > Vec<T>{} ? gradient : gradient * slope);
    }
  }
  return total.total();
}

}  // namespace detail

/// y [C, H, W] = x where x > 0, else x * weight, weight [S.slopes]. `y` may be `x` where backward
/// is not wanted.
template <PReluShape S, class T>
void prelu_forward(const T* x, const T* weight, T* y) {
  static_assert(S.slopes == 1 || S.slopes == S.channels);
  constexpr int kPixels = S.height * S.width;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  for (std::size_t c = 0; c < S.channels; ++c) {
    detail::prelu_channel<kPixels>(x + c * kPlane, weight[S.slopes == 1 ? 0 : c], y + c * kPlane);
  }
}

/// Gradients of prelu_forward: dx [C, H, W] (may be `dy`), and the block's share of d_weight
/// [S.slopes]. At 0 the slope is weight, as in PyTorch.
template <PReluShape S, class T>
void prelu_backward(const T* x, const T* dy, const T* weight, T* dx, T* d_weight) {
  static_assert(S.slopes == 1 || S.slopes == S.channels);
  constexpr int kPixels = S.height * S.width;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  T total = 0;  // of all channels, for the slope that they share
  for (std::size_t c = 0; c < S.channels; ++c) {
    const T share = detail::prelu_channel_backward<kPixels>(
        x + c * kPlane, dy + c * kPlane, weight[S.slopes == 1 ? 0 : c], dx + c * kPlane);
    total += share;
    if constexpr (S.slopes == S.channels) d_weight[c] = share;
  }
  if constexpr (S.slopes == 1) d_weight[0] = total;
}

}  // namespace castnet::cpu
