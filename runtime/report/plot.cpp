#include "report/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace castnet {
namespace {

using Points = std::vector<std::pair<double, double>>;

Points points_of(const Plot& plot, std::span<const double> values) {
  Points points;
  for (const double value : values) {
    points.emplace_back(plot.x(static_cast<double>(points.size() + 1)), plot.y(value));
  }
  return points;
}

/// Reduces a line with more points than can be told apart to four in each column of pixels, which
/// look the same: the first, the lowest, the highest and the last. Cairo's time grows with the
/// square of their number.
Points thinned(const Plot& plot, Points points) {
  constexpr double kEach = 4;
  if (static_cast<double>(points.size()) <= kEach * plot.width) return points;
  const auto column = [](const auto& point) { return std::floor(point.first); };
  Points kept;
  for (auto begin = points.begin(); begin != points.end();) {
    const auto end = std::find_if(
        begin, points.end(), [&](const auto& point) { return column(point) != column(*begin); });
    const auto [lowest, highest] = std::minmax_element(
        begin, end, [](const auto& a, const auto& b) { return a.second < b.second; });
    std::array chosen{begin, lowest, highest, std::prev(end)};
    std::ranges::sort(chosen);
    // Not std::ranges::unique: Clang 15 has no view of libstdc++ 12.
    const auto repeated = std::unique(chosen.begin(), chosen.end());
    for (auto one = chosen.begin(); one != repeated; ++one) kept.push_back(**one);
    begin = end;
  }
  return kept;
}

}  // namespace

void draw_axes(Canvas& canvas, const Plot& plot, const std::string& title, int epoch_steps) {
  const TextStyle centred{.size = plot.text, .align = Align::centre};
  const double title_left = 4.7 * plot.text;
  const double gap = 0.5 * plot.text;
  const double room = title_left - gap - plot.text;
  const std::vector<std::string> texts = tick_texts(plot.axis);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const double y = plot.y(plot.axis.ticks[i]);
    canvas.line(plot.left, y, plot.left + plot.width, y, kLightGrey);
    canvas.text(plot.left - gap, y, texts[i],
                {.size = plot.text, .align = Align::right, .width = room});
  }
  for (const int epoch : epoch_ticks(plot.epochs, epoch_steps)) {
    const double x = plot.x(epoch);
    canvas.line(x, plot.bottom(), x, plot.bottom() + 0.4 * plot.text, kGrey);
    canvas.text(x, plot.bottom() + 1.2 * plot.text, fmt::to_string(epoch), centred);
  }
  canvas.frame(plot.left, plot.top, plot.width, plot.height, kGrey);
  canvas.text(plot.left + plot.width / 2, plot.bottom() + 3 * plot.text, "epoch", centred);
  const std::string beyond = plot.axis.beyond > 0 ? fmt::format("; ▲ above the axis, up to {}",
                                                                number_text(plot.axis.beyond, 1))
                                                  : "";
  TextStyle turned = centred;
  turned.angle = -std::numbers::pi / 2;
  turned.width = plot.height;
  canvas.text(plot.left - title_left, plot.top + plot.height / 2, title + beyond, turned);
}

void draw_curve(Canvas& canvas, const Plot& plot, std::span<const double> values,
                const CurveStyle& style) {
  const Points points = points_of(plot, values);
  canvas.polyline(thinned(plot, points), style.colour, style.thickness, style.dashed);
  Points within, beyond;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool left_out = plot.axis.beyond > 0 && values[i] > plot.axis.high;
    (left_out ? beyond : within).push_back(points[i]);
  }
  if (style.radius > 0) canvas.marks(within, style.colour, style.radius, style.sides);
  canvas.marks(beyond, style.colour, style.thickness + 2.5, 3);
}

void draw_band(Canvas& canvas, const Plot& plot, std::span<const double> lower,
               std::span<const double> upper, Colour colour, double opacity) {
  Points outline = thinned(plot, points_of(plot, upper));
  const Points back = thinned(plot, points_of(plot, lower));
  outline.insert(outline.end(), back.rbegin(), back.rend());
  canvas.area(outline, colour, opacity);
}

}  // namespace castnet
