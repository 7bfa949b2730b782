// Fully connected layers. Features are the elements of an activation in C, H, W order, which is the
// order of PyTorch's flatten, and of a block of images in memory.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/reduce.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

namespace detail {

/// Outputs of one block: y [out][16] from x [in][16].
template <LinearShape S, class T>
void linear_block(const T* x, const T* weight, const T* bias, T* y) {
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

/// dx [in][16] from dy [out][16].
template <LinearShape S, class T>
void linear_block_data(const T* dy, const T* weight, T* dx) {
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

/// One block's share of dweight [out][in] and dbias [out], side by side in `sums`.
template <LinearShape S, class T>
void linear_block_weight(const T* x, const T* dy, T* sums) {
  for (int out = 0; out < S.out_features; ++out) {
    const Lanes<T> gradient = Lanes<T>::at(dy + std::size_t(out) * kLanes);
    for (int in = 0; in < S.in_features; ++in) {
      Lanes<T> product = Lanes<T>::at(x + std::size_t(in) * kLanes);
      for (int i = 0; i < kParts<T>; ++i) product.part[i] *= gradient.part[i];
      sums[std::size_t(out) * S.in_features + std::size_t(in)] = product.total();
    }
    sums[S.weights() + std::size_t(out)] = gradient.total();
  }
}

}  // namespace detail

/// y [N, out] = x [N, in] times weight [out, in] transposed, plus bias [out] (nullptr when
/// !S.bias).
template <LinearShape S, class T>
void linear_forward(const T* x, const T* weight, const T* bias, T* y) {
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    detail::linear_block<S>(x + std::size_t(block * S.in_features) * kLanes, weight, bias,
                            y + std::size_t(block * S.out_features) * kLanes);
  }
}

/// dx [N, in] from dy [N, out] and weight [out, in].
template <LinearShape S, class T>
void linear_backward_data(const T* dy, const T* weight, T* dx) {
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    detail::linear_block_data<S>(dy + std::size_t(block * S.out_features) * kLanes, weight,
                                 dx + std::size_t(block * S.in_features) * kLanes);
  }
}

/// dweight [out, in] and, when S.bias, dbias [out] from x [N, in] and dy [N, out].
/// `scratch` holds S.scratch() elements.
template <LinearShape S, class T>
void linear_backward_weight(const T* x, const T* dy, T* scratch, T* dweight, T* dbias) {
  constexpr std::size_t kPartial = S.weights() + std::size_t(S.out_features);
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    detail::linear_block_weight<S>(x + std::size_t(block * S.in_features) * kLanes,
                                   dy + std::size_t(block * S.out_features) * kLanes,
                                   scratch + std::size_t(block) * kPartial);
  }
  detail::sum_blocks(scratch, kPartial, blocks(S.batch), S.weights(), dweight);
  if constexpr (S.bias) {
    detail::sum_blocks(scratch + S.weights(), kPartial, blocks(S.batch),
                       std::size_t(S.out_features), dbias);
  }
}

}  // namespace castnet::cpu
