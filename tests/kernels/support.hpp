// What the kernels' tests share: random tensors, central differences, comparisons.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "../catch.hpp"
#include "core/philox.hpp"
#include "core/threads.hpp"
#include "kernels/cpu/layout.hpp"

namespace castnet::test {

/// n numbers uniform in [-1, 1), a function of `seed`.
template <class T>
std::vector<T> random_values(std::size_t n, std::uint64_t seed) {
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    values[i] = T(2 * uniform(philox({std::uint32_t(i), 0, 0, 0}, seed)[0]) - 1);
  }
  return values;
}

template <class T>
double dot(const std::vector<T>& a, const std::vector<T>& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.size(); ++i) total += double(a[i]) * double(b[i]);
  return total;
}

/// Largest |a - b| / max(1, |b|).
template <class A, class B>
double difference(const std::vector<A>& a, const std::vector<B>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double gap =
        std::abs(double(a[i]) - double(b[i])) / std::max(1.0, std::abs(double(b[i])));
    worst = std::isnan(gap) ? INFINITY : std::max(worst, gap);
  }
  return worst;
}

/// Indices in a data set, as dropout takes them: with gaps, and not from 0.
inline std::vector<std::uint32_t> sample_indices(int batch) {
  std::vector<std::uint32_t> samples(static_cast<std::size_t>(batch));
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = std::uint32_t(i * i + 40000);
  return samples;
}

/// Equal bit for bit, NaN or not.
inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// Checks `gradient` of `loss()` with respect to `values` by central differences, at about 48
/// places. Where the one-sided slopes disagree there is a kink within the step: skipped, and
/// seldom.
template <class Loss>
void check_gradient(const char* name, std::vector<double>& values,
                    const std::vector<double>& gradient, Loss loss) {
  REQUIRE(values.size() == gradient.size());
  constexpr double kStep = 1e-5;
  constexpr double kTolerance =
      1e-6;  // of a loss near 1 in double: rounding 1e-11, truncation 1e-10
  const std::size_t stride = values.size() / 48 + 1;
  const double here = loss();
  std::size_t checked = 0, skipped = 0;
  for (std::size_t i = 0; i < values.size(); i += stride) {
    const double kept = values[i];
    values[i] = kept + kStep;
    const double above = loss();
    values[i] = kept - kStep;
    const double below = loss();
    values[i] = kept;
    ++checked;
    if (std::abs(above - 2 * here + below) / kStep > 1e-2) {
      ++skipped;
      continue;
    }
    const double slope = (above - below) / (2 * kStep);
    INFO(name << "[" << i << "]: difference quotient " << slope << ", gradient " << gradient[i]);
    CHECK(std::abs(slope - gradient[i]) <= kTolerance * std::max(1.0, std::abs(slope)));
  }
  INFO(name << ": " << skipped << " of " << checked << " places at a kink");
  CHECK(skipped * 5 <= checked);
}

/// `run` with one and with two threads gives the same bits.
template <class Run>
void check_threads(Run run) {
  const int threads = thread_count();
  set_thread_count(1);
  const auto one = run();
  set_thread_count(2);
  const auto two = run();
  set_thread_count(threads);
  CHECK(one == two);
}

/// The elements of `image` at (channel, row, column); zero outside.
template <class T>
T element(const std::vector<T>& x, cpu::Extent extent, int image, int channel, int row,
          int column) {
  if (row < 0 || column < 0 || row >= extent.height || column >= extent.width) return T(0);
  return x[cpu::element_offset(extent, image, channel, row, column)];
}

}  // namespace castnet::test
