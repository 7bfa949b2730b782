// The precision of a CUDA trainer, chosen when it is compiled.
#pragma once

#include <cuda_bf16.h>

#include "core/real.hpp"

namespace castnet::cuda {

/// fp32: strict, CUDNN_FMA_MATH. tf32: activations in float32, convolutions on tensor cores with
/// inputs rounded to TF32. bf16: activations and their gradients are stored in bfloat16.
enum class Precision { fp32, tf32, bf16 };

#ifndef CASTNET_PRECISION
#define CASTNET_PRECISION fp32
#endif
constexpr Precision kPrecision = Precision::CASTNET_PRECISION;

inline constexpr const char* to_word(Precision precision) {
  return precision == Precision::fp32 ? "fp32" : precision == Precision::tf32 ? "tf32" : "bf16";
}

namespace detail {
template <Precision P>
struct ValueOf {
  using type = Real;
};
template <>
struct ValueOf<Precision::bf16> {
  using type = __nv_bfloat16;
};
}  // namespace detail

/// The number type of activations and their gradients. Parameters, their gradients, statistics and
/// sums are always Real.
using Value = detail::ValueOf<kPrecision>::type;

}  // namespace castnet::cuda
