// Ticks at round numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace castnet {

/// A range and the round values in it; `decimals` are what the ticks need.
struct Axis {
  double low, high;
  std::vector<double> ticks;
  int decimals;
};

/// An axis over [low, high] with about `wanted` steps of 1, 2 or 5 times a power of ten, widened to
/// whole steps. A single value gets a step of one on each side.
inline Axis make_axis(double low, double high, int wanted) {
  if (!(high > low)) {
    low -= 1;
    high += 1;
  }
  const double rough = (high - low) / wanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double part = rough / power;
  const double step = power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  Axis axis{first * step, last * step, {}, 0};
  axis.decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  for (double i = first; i <= last; ++i) axis.ticks.push_back(i * step);
  return axis;
}

}  // namespace castnet
