// __nv_bfloat16 as castnet uses it: storage, and conversions from and to float.
#pragma once

#include <bit>
#include <cstdint>

struct alignas(2) __nv_bfloat16 {
  __nv_bfloat16() = default;
  __nv_bfloat16(float value) : bits_(rounded(value)) {}
  __nv_bfloat16(double value) : bits_(rounded(static_cast<float>(value))) {}
  operator float() const { return std::bit_cast<float>(std::uint32_t{bits_} << 16); }

 private:
  // To the nearest, ties to even; a NaN becomes the one NaN that the device makes.
  static std::uint16_t rounded(float value) {
    if (value != value) return 0x7fff;
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
  std::uint16_t bits_;
};
typedef __nv_bfloat16 nv_bfloat16;

inline float __bfloat162float(__nv_bfloat16 value) { return value; }
inline __nv_bfloat16 __float2bfloat16(float value) { return value; }
