// Muon over a flat arena of parameters.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include "core/program.hpp"
#include "kernels/update.hpp"

namespace castnet::cpu {

namespace detail {

/// to [m] += the sum of factor[r * stride] times row r of `rows` [count, m], in ascending order.
/// Four at a time, as `to` would be stored for each.
template <class T>
void add_rows(std::size_t count, std::size_t m, const T* factor, std::size_t stride, const T* rows,
              T* __restrict to) {
  std::size_t r = 0;
  for (; r + 4 <= count; r += 4, rows += 4 * m, factor += 4 * stride) {
    const T first = factor[0], second = factor[stride];
    const T third = factor[2 * stride], fourth = factor[3 * stride];
    for (std::size_t i = 0; i < m; ++i) {
      T sum = to[i] + first * rows[i];
      sum += second * rows[m + i];
      sum += third * rows[2 * m + i];
      to[i] = sum + fourth * rows[3 * m + i];
    }
  }
  for (; r < count; ++r, rows += m, factor += stride) {
    for (std::size_t i = 0; i < m; ++i) to[i] += *factor * rows[i];
  }
}

/// y = factor * x + z matrix for x and z [n, m] and a symmetric matrix [m, m].
template <class T>
void multiply_add(std::size_t n, std::size_t m, T factor, const T* x, const T* z, const T* matrix,
                  T* y) {
  for (std::size_t k = 0; k < n; ++k, x += m, z += m, y += m) {
    for (std::size_t i = 0; i < m; ++i) y[i] = factor * x[i];
    add_rows(m, m, z, 1, matrix, y);
  }
}

/// a [m, m] = xᵀ x for x [n, m].
template <class T>
void gram(std::size_t n, std::size_t m, const T* x, T* a) {
  constexpr std::size_t kTogether = 4;  // rows of x, which then stay in the first-level cache
  std::fill_n(a, m * m, T(0));
  for (std::size_t k = 0; k < n; k += kTogether, x += kTogether * m) {
    const std::size_t count = std::min(kTogether, n - k);
    for (std::size_t i = 0; i < m; ++i) add_rows(count, m, x + i, m, x, a + i * m);
  }
}

/// Makes x [n, m], m <= n, about orthonormal: the singular values of U S Vᵀ become about 1. The
/// result is in x or in y, and returned. `a`, `b`: [m, m].
template <class T>
T* orthogonalise(std::size_t n, std::size_t m, T* x, T* y, T* a, T* b) {
  double squares = 0;
  for (std::size_t i = 0; i < n * m; ++i) squares += double(x[i]) * double(x[i]);
  const T factor = T(1 / (std::sqrt(squares) + kMuonEpsilon));
  for (std::size_t i = 0; i < n * m; ++i) x[i] *= factor;
  for (int step = 0; step < kNewtonSchulzSteps; ++step) {
    gram(n, m, x, a);
    // b = B a + C a², then y = A x + x b.
    for (std::size_t i = 0; i < m * m; ++i) y[i] = T(kNewtonSchulzC) * a[i];
    multiply_add(m, m, T(kNewtonSchulzB), a, y, a, b);
    multiply_add(n, m, T(kNewtonSchulzA), x, x, b, y);
    std::swap(x, y);
  }
  return x;
}

}  // namespace detail

/// Muon (K. Jordan et al., 2024; torch.optim.Muon): SGD with momentum over the parameters `w` and
/// gradients `g` that `groups` cover, whose step is made orthogonal where the group is a matrix,
/// and scaled by sqrt(max(1, rows / columns)). Weight decay shrinks the weights by rate *
/// weight_decay first. `velocity` starts at zero. `scratch`: kMuonScratch elements a parameter.
template <class T>
void muon_update(std::span<const ParameterGroup> groups, T* w, const T* g, T* velocity, T* scratch,
                 double rate, double momentum, bool nesterov) {
  const T keep = T(momentum);
  const T own = nesterov ? T(1) : T(0);
  const T past = nesterov ? keep : T(1);
#pragma omp parallel for schedule(dynamic, 1)
  for (std::size_t n = 0; n < groups.size(); ++n) {
    const auto& [part, weight_decay, l1, share, rows] = groups[n];
    const MuonLayout layout(std::size_t(rows), part.elements);
    T* step = scratch + kMuonScratch * part.offset;
    for (std::size_t i = 0; i < part.elements; ++i) {
      const std::size_t at = part.offset + i;
      const T gradient = penalised(g[at], w[at], T(0), T(l1));
      velocity[at] = keep * velocity[at] + gradient;
      step[layout.place(i)] = own * gradient + past * velocity[at];
    }
    if (rows > 0) {
      step = detail::orthogonalise(layout.longer(), layout.shorter(), step, step + part.elements,
                                   step + 2 * part.elements, step + 3 * part.elements);
    }
    const T size = T(rate * share * layout.scale()), shrink = T(1 - rate * share * weight_decay);
    for (std::size_t i = 0; i < part.elements; ++i) {
      T& weight = w[part.offset + i];
      weight = weight * shrink - size * step[layout.place(i)];
    }
  }
}

}  // namespace castnet::cpu
