#include "report/heat_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "report/canvas.hpp"

namespace castnet {
namespace {

/// Two neighbours along an axis, and the share of the second.
struct Between {
  int first, second;
  double share;
};

/// The place of the middle of pixel `i` of `to` among the pixels of `from`.
Between between(int i, int from, int to) {
  const double place = std::clamp((i + 0.5) * from / to - 0.5, 0.0, from - 1.0);
  const int first = static_cast<int>(place);
  return {first, std::min(first + 1, from - 1), place - first};
}

double mix(double a, double b, double share) { return a + share * (b - a); }

}  // namespace

void normalise(HeatMap& map) {
  const double most = map.values.empty() ? 0 : std::ranges::max(map.values);
  if (most <= 0) return;
  for (double& value : map.values) value /= most;
}

HeatMap scaled(const HeatMap& map, int height, int width) {
  HeatMap result{height, width};
  const auto at = [&](int y, int x) {
    return map.values[static_cast<std::size_t>(y * map.width + x)];
  };
  for (int y = 0; y < height; ++y) {
    const Between row = between(y, map.height, height);
    for (int x = 0; x < width; ++x) {
      const Between column = between(x, map.width, width);
      const auto along = [&](int in_row) {
        return mix(at(in_row, column.first), at(in_row, column.second), column.share);
      };
      result.values.push_back(mix(along(row.first), along(row.second), row.share));
    }
  }
  normalise(result);
  return result;
}

Colour heat_colour(double value) {
  static constexpr std::array<Colour, 9> kScale{{{0.267, 0.005, 0.329},
                                                 {0.278, 0.176, 0.482},
                                                 {0.231, 0.322, 0.545},
                                                 {0.173, 0.447, 0.557},
                                                 {0.129, 0.569, 0.549},
                                                 {0.157, 0.682, 0.502},
                                                 {0.369, 0.788, 0.384},
                                                 {0.678, 0.863, 0.188},
                                                 {0.992, 0.906, 0.145}}};
  const double place = std::clamp(value, 0.0, 1.0) * (kScale.size() - 1);
  const auto first = std::min(static_cast<std::size_t>(place), kScale.size() - 2);
  const double share = place - static_cast<double>(first);
  const Colour &a = kScale[first], &b = kScale[first + 1];
  return {mix(a.red, b.red, share), mix(a.green, b.green, share), mix(a.blue, b.blue, share)};
}

}  // namespace castnet
