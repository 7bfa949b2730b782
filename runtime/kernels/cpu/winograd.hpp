// Winograd's minimal filtering F(4, 3), one axis: 4 outputs of a 3-tap filter from 6 inputs with 6
// multiplications in place of 12. For vectors y = A^T [(G w) . (B^T d)]; on both axes one after the
// other it is F(4x4, 3x3): 36 multiplications in place of 144.
//
// A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, with other points
// of interpolation: 0, +-1/sqrt(2), +-sqrt(2) and infinity, whose powers stay near 1 and so round
// a fifth as much as 0, +-1, +-2 and infinity (docs/performance.md).
#pragma once

#include <numbers>

#include "castnet_shared/convolutions.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu::winograd {

/// The points; their squares are 1/2 and 2.
inline constexpr double kNear = std::numbers::sqrt2 / 2, kFar = std::numbers::sqrt2;

/// v [1..4]: even + odd and even - odd part, the latter times its point, for the near points and
/// for the far ones.
template <class T>
[[gnu::always_inline]] inline void at_points(Vec<T> near_even, Vec<T> near_odd, Vec<T> far_even,
                                             Vec<T> far_odd, Vec<T>* v) {
  v[1] = near_even + T(kNear) * near_odd;
  v[2] = near_even - T(kNear) * near_odd;
  v[3] = far_even + T(kFar) * far_odd;
  v[4] = far_even - T(kFar) * far_odd;
}

/// v [6] = B^T d, d [6] inputs.
struct InputTransform {
  static constexpr int kFrom = kInputs;

  template <class T>
  [[gnu::always_inline]] static void apply(const Vec<T>* d, Vec<T>* v) {
    v[0] = d[0] + d[4] - T(2.5) * d[2];
    at_points<T>(d[4] - T(2) * d[2], d[3] - T(2) * d[1], d[4] - T(0.5) * d[2], d[3] - T(0.5) * d[1],
                 v);
    v[5] = d[1] + d[5] - T(2.5) * d[3];
  }
};

/// v [6] = A dy, dy [4] gradients of outputs.
struct GradientTransform {
  static constexpr int kFrom = kOutputs;

  template <class T>
  [[gnu::always_inline]] static void apply(const Vec<T>* dy, Vec<T>* v) {
    v[0] = dy[0];
    at_points<T>(dy[0] + T(0.5) * dy[2], dy[1] + T(0.5) * dy[3], dy[0] + T(2) * dy[2],
                 dy[1] + T(2) * dy[3], v);
    v[5] = dy[3];
  }
};

/// y [4] = A^T m, m [6] products.
template <class T>
[[gnu::always_inline]] inline void transform_output(const Vec<T>* m, Vec<T>* y) {
  const Vec<T> near_even = m[1] + m[2], near_odd = m[1] - m[2];
  const Vec<T> far_even = m[3] + m[4], far_odd = m[3] - m[4];
  y[0] = m[0] + (near_even + far_even);
  y[1] = T(kNear) * near_odd + T(kFar) * far_odd;
  y[2] = T(0.5) * near_even + T(2) * far_even;
  y[3] = T(kNear / 2) * near_odd + (T(kFar * 2) * far_odd + m[5]);
}

/// g [6] = G w, w [3] taps.
template <class T>
[[gnu::always_inline]] inline void transform_taps(const Vec<T>* w, Vec<T>* g) {
  g[0] = w[0];
  at_points<T>(T(-2.0 / 3) * w[0] - T(1.0 / 3) * w[2], T(-2.0 / 3) * w[1],
               T(1.0 / 6) * w[0] + T(1.0 / 3) * w[2], T(1.0 / 6) * w[1], g);
  g[5] = w[2];
}

/// w [3] = G^T g, g [6].
template <class T>
[[gnu::always_inline]] inline void gradient_of_taps(const Vec<T>* g, Vec<T>* w) {
  const Vec<T> near_even = g[1] + g[2], near_odd = g[1] - g[2];
  const Vec<T> far_even = g[3] + g[4], far_odd = g[3] - g[4];
  w[0] = g[0] - T(2.0 / 3) * near_even + T(1.0 / 6) * far_even;
  w[1] = T(kFar / 6) * far_odd - T(kNear * 2 / 3) * near_odd;
  w[2] = T(1.0 / 3) * (far_even - near_even) + g[5];
}

}  // namespace castnet::cpu::winograd
