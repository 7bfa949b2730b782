// Exponentials, a vector at a time.
#pragma once

#include <cmath>
#include <numbers>
#include <type_traits>

#include "kernels/cpu/vec.hpp"

namespace castnet::cpu::detail {

/// `function` of every element.
template <class T, class Function>
[[gnu::always_inline]] inline Vec<T> each(Vec<T> x, Function function) {
  T element[kWidth<T>];
  store(element, x);
  for (T& e : element) e = function(e);
  return load(element);
}

/// e^x of every element. In float to within 2 ULP, x below -87 taken as -87 and above 88 as 88; NaN
/// stays NaN: e^x = 2^n e^r with n = x / ln 2 rounded and |r| <= ln 2 / 2, e^r by its Taylor
/// series.
template <class T>
[[gnu::always_inline]] inline Vec<T> exponential(Vec<T> x) {
  if constexpr (std::is_same_v<T, float>) {
    typedef int Bits __attribute__((vector_size(kVectorBytes)));
    constexpr float kRounding = 0x1.8p23F;  // x + this has x, rounded, in its last bits
    constexpr float kLn2High = 0x1.62e4p-1F, kLn2Low = 0x1.7f7d1cp-20F;  // n * high is exact
    constexpr int kMantissa = 23;
    x = x < splat(-87.0F) ? splat(-87.0F) : x;
    x = x > splat(88.0F) ? splat(88.0F) : x;
    const Vec<float> shifted = x * std::numbers::log2e_v<float> + kRounding;
    const Vec<float> n = shifted - kRounding;
    const Vec<float> r = x - n * kLn2High - n * kLn2Low;
    Vec<float> series = splat(1.0F / 5040);
    for (const float reciprocal : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F}) {
      series = series * r + reciprocal;
    }
    return (Vec<float>)((Bits)series + ((Bits)shifted << kMantissa));
  } else {
    return each<T>(x, [](T e) { return std::exp(e); });
  }
}

}  // namespace castnet::cpu::detail
