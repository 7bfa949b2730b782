// Tiles of output channels and pixels that stay in registers while a loop adds to them.
#pragma once

#include "kernels/cpu/vec.hpp"

namespace castnet::cpu::detail {

constexpr int divide_up(int n, int by) { return (n + by - 1) / by; }

/// Output channels of a register tile.
inline constexpr int kTileChannels = 4;

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
