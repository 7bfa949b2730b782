// A scale for each channel of each image: the gate of squeeze-and-excitation.
#pragma once

#include <cstddef>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

namespace detail {

/// y = x * s for one channel of `Pixels` pixels.
template <int Pixels, class T>
[[gnu::noinline]] void scale_channel(const T* x, const T* s, T* y) {
  const Lanes<T> scale = Lanes<T>::at(s);
  for (int p = 0; p < Pixels; ++p) {
    for (int i = 0; i < kParts<T>; ++i) {
      const int at = p * kLanes + i * kWidth<T>;
      store(y + at, load(x + at) * scale.part[i]);
    }
  }
}

/// dx = dy * s for one channel, and ds: the sums of dy * x over its pixels, in ascending order.
template <int Pixels, class T>
[[gnu::noinline]] void scale_channel_backward(const T* x, const T* s, const T* dy, T* dx, T* ds) {
  const Lanes<T> scale = Lanes<T>::at(s);
  Lanes<T> total;
  for (int p = 0; p < Pixels; ++p) {
    for (int i = 0; i < kParts<T>; ++i) {
      const int at = p * kLanes + i * kWidth<T>;
      const Vec<T> gradient = load(dy + at);
      total.part[i] += gradient * load(x + at);
      store(dx + at, gradient * scale.part[i]);
    }
  }
  total.put(ds);
}

}  // namespace detail

/// y [C, H, W] = x [C, H, W] * s [C, 1, 1], which is each image's own. `y` may be `x` where
/// backward is not wanted.
template <MapShape S, class T>
void scale_forward(const T* x, const T* s, T* y) {
  constexpr int kPixels = S.height * S.width;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  for (std::size_t c = 0; c < S.channels; ++c) {
    detail::scale_channel<kPixels>(x + c * kPlane, s + c * kLanes, y + c * kPlane);
  }
}

/// Gradients of scale_forward: dx [C, H, W] = dy * s, and ds [C, 1, 1], the sums of dy * x over the
/// pixels. `dx` may be `dy`.
template <MapShape S, class T>
void scale_backward(const T* x, const T* s, const T* dy, T* dx, T* ds) {
  constexpr int kPixels = S.height * S.width;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  for (std::size_t c = 0; c < S.channels; ++c) {
    detail::scale_channel_backward<kPixels>(x + c * kPlane, s + c * kLanes, dy + c * kPlane,
                                            dx + c * kPlane, ds + c * kLanes);
  }
}

}  // namespace castnet::cpu
