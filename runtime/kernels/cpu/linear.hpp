// Fully connected layers. Features are the elements of an activation in C, H, W order, which is the
// order of PyTorch's flatten, and of a block of images in memory.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

/// y [out] = x [in] times weight [out, in] transposed, plus bias [out] (nullptr when !S.bias).
template <LinearShape S, class T>
void linear_forward(const T* x, const T* weight, const T* bias, T* y) {
  for (int out = 0; out < S.out_features; ++out) {
    const T* row = weight + std::size_t(out) * S.in_features;
    Lanes<T> total;
    for (int in = 0; in < S.in_features; ++in) {
      for (int i = 0; i < kParts<T>; ++i) {
        total.part[i] += row[in] * load(x + std::size_t(in) * kLanes + i * kWidth<T>);
      }
    }
    for (Vec<T>& part : total.part) part += splat(S.bias ? bias[out] : T(0));
    total.put(y + std::size_t(out) * kLanes);
  }
}

/// dx [in] from dy [out] and weight [out, in].
template <LinearShape S, class T>
void linear_backward_data(const T* dy, const T* weight, T* dx) {
  std::fill_n(dx, std::size_t(S.in_features) * kLanes, T(0));
  for (int out = 0; out < S.out_features; ++out) {
    const T* row = weight + std::size_t(out) * S.in_features;
    const Lanes<T> gradient = Lanes<T>::at(dy + std::size_t(out) * kLanes);
    for (int in = 0; in < S.in_features; ++in) {
      Lanes<T> total = Lanes<T>::at(dx + std::size_t(in) * kLanes);
      for (int i = 0; i < kParts<T>; ++i) total.part[i] += row[in] * gradient.part[i];
      total.put(dx + std::size_t(in) * kLanes);
    }
  }
}

/// The block's share of dweight [out, in] and, when S.bias, of dbias [out], from x [in] and
/// dy [out].
template <LinearShape S, class T>
void linear_backward_weight(const T* x, const T* dy, T* dweight, T* dbias) {
  for (int out = 0; out < S.out_features; ++out) {
    const Lanes<T> gradient = Lanes<T>::at(dy + std::size_t(out) * kLanes);
    for (int in = 0; in < S.in_features; ++in) {
      Lanes<T> product = Lanes<T>::at(x + std::size_t(in) * kLanes);
      for (int i = 0; i < kParts<T>; ++i) product.part[i] *= gradient.part[i];
      dweight[std::size_t(out) * S.in_features + std::size_t(in)] = product.total();
    }
    if constexpr (S.bias) dbias[out] = gradient.total();
  }
}

}  // namespace castnet::cpu
