// Tiles of output channels and pixels that stay in registers while a loop adds to them.
#pragma once

#include "castnet_shared/convolutions.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu::detail {

/// Input channels or taps of a register tile of weights' gradients, at most.
inline constexpr int kFilterInputs = kVectorRegisters >= 32 ? 6 : 3;

/// products [Outputs * Inputs], by output, then input: the sums of the products of `vectors`
/// vectors of gradients and inputs, whose channels lie GradientStride and InputStride apart.
template <int Outputs, int Inputs, std::size_t GradientStride, std::size_t InputStride, class T>
[[gnu::always_inline]] inline void multiply_channels(const T* gradient, const T* input, int vectors,
                                                     Vec<T>* products) {
#pragma GCC unroll 32
  for (int i = 0; i < Outputs * Inputs; ++i) products[i] = Vec<T>{};
  for (int i = 0; i < vectors; ++i) {
    Vec<T> value[Inputs];
#pragma GCC unroll 8
    for (int c = 0; c < Inputs; ++c) {
      value[c] = load(input + std::size_t(c) * InputStride);
      hold<T>(value[c]);
    }
#pragma GCC unroll 8
    for (int k = 0; k < Outputs; ++k) {
      Vec<T> factor = load(gradient + std::size_t(k) * GradientStride);
      hold<T>(factor);
#pragma GCC unroll 8
      for (int c = 0; c < Inputs; ++c) products[k * Inputs + c] += factor * value[c];
    }
    input += kWidth<T>;
    gradient += kWidth<T>;
  }
}

/// How a row of `width` pixels is cut: `many` tiles of `wide` pixels, then `few` of `narrow`.
struct RowSplit {
  int wide, many, narrow, few;
};

/// Cuts a row into tiles that fill the registers: accumulators for all but four registers.
constexpr RowSplit split_row(int width, int channels) {
  const int wide = (kVectorRegisters - 4) / channels;
  if (width <= wide) return {width, 1, 1, 0};
  const int tiles = divide_up(width, wide);
  const int many = width - tiles * (wide - 1);
  if (many >= 0) return {wide, many, wide - 1, tiles - many};
  return {wide, width / wide, width % wide, 1};
}

}  // namespace castnet::cpu::detail
