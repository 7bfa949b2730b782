// A norm's output that a kernel computes as it reads, and that is never stored.
#pragma once

#include <cstddef>

#include "kernels/cuda/norm_shape.hpp"

namespace castnet::cuda {

/// Stands for norm_forward<S>'s y [N, C, H, W]: x, weight and bias as there, `saved` by
/// norm_statistics<S>. Not for an affine by element. y is not rounded to T.
template <class S, class T>
struct Normalised {
  static_assert(S::value.affine != NormAffine::element);
  const T* x;
  const float *weight, *bias, *saved;
};

namespace detail {

/// Element `at` of a kernel's input: of this channel of this image.
template <class T>
__device__ float read(const T* x, std::size_t at, std::size_t, int) {
  return float(x[at]);
}

template <class S, class T>
__device__ float read(const Normalised<S, T>& y, std::size_t at, std::size_t image, int channel) {
  using N = Norm<S>;
  const Point p = point<S>(float(y.x[at]), moments<S>(y.saved, int(image), channel), y.weight,
                           y.bias, channel, 0);
  return activate<N::kAct>(p.before, N::kSlope);
}

}  // namespace detail

}  // namespace castnet::cuda
