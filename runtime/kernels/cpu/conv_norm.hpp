// A convolution and the batch norm behind it in evaluation, where the norm is a factor and a
// summand of each output channel, which the convolution's weights and bias take in.
#pragma once

#include <cmath>

#include "kernels/cpu/conv_forward.hpp"

namespace castnet::cpu {

namespace detail {

/// The convolution S with what takes the norm N's place.
template <ConvShape S, NormShape N>
constexpr ConvShape with_norm() {
  ConvShape shape = S;
  shape.bias = true;
  shape.act = N.act;
  shape.slope = N.slope;
  return shape;
}

}  // namespace detail

/// Elements of a workspace that conv_norm_pack<S, N> needs.
template <ConvShape S>
constexpr std::size_t conv_norm_pack_workspace() {
  return std::size_t(S.out_channels);
}

/// packed [packed_elements(S)] and shift [Cout] for conv_norm_forward<S, N>, from the weights
/// and bias (nullptr when !S.bias) of the convolution, and affine (nullptr for none), running mean
/// [Cout] and running variance [Cout] of the norm.
template <ConvShape S, NormShape N, class T, std::size_t Elements>
void conv_norm_pack(const T* weight, const T* bias, const T* norm_weight, const T* norm_bias,
                    const T* running_mean, const T* running_var, T* packed, T* shift,
                    Workspace<T, Elements> workspace) {
  static_assert(N.statistics == NormStatistics::batch && N.affine != NormAffine::element);
  constexpr bool kAffine = N.affine != NormAffine::none;
  T* const factor = workspace.template room<conv_norm_pack_workspace<S>()>();
  for (int out = 0; out < S.out_channels; ++out) {
    const double root = std::sqrt(double(running_var[out]) + N.epsilon);
    factor[out] = T((kAffine ? double(norm_weight[out]) : 1.0) / root);
    shift[out] = ((S.bias ? bias[out] : T(0)) - running_mean[out]) * factor[out] +
                 (kAffine ? norm_bias[out] : T(0));
  }
  detail::pack<S>([&](int out, int in,
                      int tap) { return detail::taps_of<S>(weight, out, in)[tap] * factor[out]; },
                  packed);
}

/// conv_forward<S>, then norm_forward<N> of that by the running statistics, but for rounding. In
/// the workspace of conv_forward<S>.
template <ConvShape S, NormShape N, class T, std::size_t Elements>
void conv_norm_forward(const T* x, const T* packed, const T* shift, T* y,
                       Workspace<T, Elements> workspace) {
  conv_forward<detail::with_norm<S, N>()>(x, packed, shift, y, workspace);
}

}  // namespace castnet::cpu
