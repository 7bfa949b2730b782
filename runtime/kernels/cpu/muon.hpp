// Muon over a flat arena of parameters.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include "core/program.hpp"
#include "kernels/cpu/vec.hpp"
#include "kernels/update.hpp"

namespace castnet::cpu {

namespace detail {

/// y [n, m] = start + the product of factors [n, count] and a matrix [count, m], summed in
/// ascending order. Factor (i, k) is factors[i * row + k * step]. start: `scale` times x [n, m], or
/// 0 where x is nullptr.
template <class T>
struct MatrixProduct {
  std::size_t count, m;
  const T* factors;
  std::size_t row, step;
  const T* matrix;
  T scale;
  const T* x;
  T* y;

  void run(std::size_t n) const {
    std::size_t i = 0;
    for (; i + kRows <= n; i += kRows) rows<kRows>(i);
    for (; i < n; ++i) rows<1>(i);
  }

 private:
  static constexpr std::size_t kRows = 6, kVectors = 2;  // 12 sums stay in registers

  template <std::size_t Rows>
  void rows(std::size_t i) const {
    if (m >= kVectors * kWidth<T>) return columns<Rows, kVectors>(i);
    if (m >= kWidth<T>) return columns<Rows, 1>(i);
    for (std::size_t r = i; r < i + Rows; ++r) {
      for (std::size_t column = 0; column < m; ++column) {
        T sum = x == nullptr ? T(0) : scale * x[r * m + column];
        for (std::size_t k = 0; k < count; ++k) {
          sum += factors[r * row + k * step] * matrix[k * m + column];
        }
        y[r * m + column] = sum;
      }
    }
  }

  /// The last columns are computed twice where vectors do not divide them.
  template <std::size_t Rows, std::size_t Vectors>
  void columns(std::size_t i) const {
    constexpr std::size_t kTogether = Vectors * kWidth<T>;
    for (std::size_t column = 0; column < m; column += kTogether) {
      tile<Rows, Vectors>(i, std::min(column, m - kTogether));
    }
  }

  template <std::size_t Rows, std::size_t Vectors>
  void tile(std::size_t i, std::size_t column) const {
    Vec<T> sums[Rows][Vectors] = {};
    for (std::size_t r = 0; x != nullptr && r < Rows; ++r) {
      for (std::size_t v = 0; v < Vectors; ++v) {
        sums[r][v] = scale * load(x + (i + r) * m + column + v * kWidth<T>);
      }
    }
    const T* factor = factors + i * row;
    const T* from = matrix + column;
    for (std::size_t k = 0; k < count; ++k, factor += step, from += m) {
      Vec<T> value[Vectors];
      for (std::size_t v = 0; v < Vectors; ++v) value[v] = load(from + v * kWidth<T>);
#pragma GCC unroll 8
      for (std::size_t r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
        for (std::size_t v = 0; v < Vectors; ++v) sums[r][v] += factor[r * row] * value[v];
      }
    }
    for (std::size_t r = 0; r < Rows; ++r) {
      for (std::size_t v = 0; v < Vectors; ++v) {
        store(y + (i + r) * m + column + v * kWidth<T>, sums[r][v]);
      }
    }
  }
};

/// y = factor * x + z matrix for x and z [n, m] and a matrix [m, m].
template <class T>
void multiply_add(std::size_t n, std::size_t m, T factor, const T* x, const T* z, const T* matrix,
                  T* y) {
  MatrixProduct<T>{m, m, z, m, 1, matrix, factor, x, y}.run(n);
}

/// a [m, m] = xᵀ x for x [n, m].
template <class T>
void gram(std::size_t n, std::size_t m, const T* x, T* a) {
  MatrixProduct<T>{n, m, x, 1, m, x, T(0), nullptr, a}.run(m);
}

/// Calls run(i, place) for the elements of a parameter group and where they lie in its step.
template <class Run>
void each_place(const MuonLayout& layout, std::size_t elements, const Run& run) {
  if (layout.rows == 0 || layout.rows >= layout.columns) {
    for (std::size_t i = 0; i < elements; ++i) run(i, i);
    return;
  }
  for (std::size_t row = 0; row < layout.rows; ++row) {
    for (std::size_t column = 0; column < layout.columns; ++column) {
      run(row * layout.columns + column, column * layout.rows + row);
    }
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
    const ParameterGroup& group = groups[n];
    const Slice part = group.parameters;
    const MuonLayout layout(std::size_t(group.rows), part.elements);
    T* step = scratch + kMuonScratch * part.offset;
    detail::each_place(layout, part.elements, [&](std::size_t i, std::size_t place) {
      const std::size_t at = part.offset + i;
      const T gradient = penalised(g[at], w[at], T(0), T(group.l1));
      velocity[at] = keep * velocity[at] + gradient;
      step[place] = own * gradient + past * velocity[at];
    });
    if (group.rows > 0) {
      step = detail::orthogonalise(layout.longer(), layout.shorter(), step, step + part.elements,
                                   step + 2 * part.elements, step + 3 * part.elements);
    }
    const double share = rate * group.rate;
    const T size = T(share * layout.scale()), shrink = T(1 - share * group.weight_decay);
    detail::each_place(layout, part.elements, [&](std::size_t i, std::size_t place) {
      T& weight = w[part.offset + i];
      weight = weight * shrink - size * step[place];
    });
  }
}

}  // namespace castnet::cpu
