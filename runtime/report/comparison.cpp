#include "report/api/castnet_report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "report/plot.hpp"

namespace castnet::report {
namespace {

// Legible at half the size.
constexpr double kPlotLeft = 120;
constexpr double kPlotTop = 80;
constexpr double kPlotWidth = 860;
constexpr double kPlotHeight = 560;
constexpr double kPlotBottom = kPlotTop + kPlotHeight;
constexpr double kHeight = kPlotBottom + 100;
constexpr double kLegendLeft = kPlotLeft + kPlotWidth + 40;
constexpr double kText = 22;
constexpr double kLegendRow = 34;
constexpr double kLegendEntry = 3 * kLegendRow + 22;
constexpr double kSample = 60;  ///< of a line in the legend
constexpr double kBandOpacity = 0.18;

Colour colour_of(const ChartLines& lines) {
  const auto part = [&](int shift) { return (lines.colour >> shift & 0xff) / 255.0; };
  return {part(16), part(8), part(0)};
}

Plot make_plot(const Chart& chart) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  std::size_t epochs = 0;
  for (const ChartLines& lines : chart.series) {
    for (const auto* spreads : {&lines.train, &lines.test}) {
      const double band = spreads == &lines.test ? 1 : 0;
      for (const Spread& one : *spreads) {
        low = std::min(low, band_edge(chart, one, -band));
        high = std::max(high, band_edge(chart, one, band));
      }
      epochs = std::max(epochs, spreads->size());
    }
  }
  if (epochs == 0) low = high = 0;
  return {.left = kPlotLeft,
          .top = kPlotTop,
          .width = kPlotWidth,
          .height = kPlotHeight,
          .text = kText,
          .epochs = epochs,
          .axis = make_axis(low, high, 6)};
}

void draw_band(Canvas& canvas, const Plot& plot, const Chart& chart, const ChartLines& lines) {
  std::vector<std::pair<double, double>> outline;
  const auto count = static_cast<std::ptrdiff_t>(lines.test.size());
  for (std::ptrdiff_t i = 0; i < 2 * count; ++i) {  // there above, back below
    const std::ptrdiff_t at = i < count ? i : 2 * count - 1 - i;
    const Spread& one = lines.test[static_cast<std::size_t>(at)];
    outline.emplace_back(plot.x(static_cast<double>(at + 1)),
                         plot.y(band_edge(chart, one, i < count ? 1 : -1)));
  }
  canvas.area(outline, colour_of(lines), kBandOpacity);
}

void draw_curve(Canvas& canvas, const Plot& plot, const ChartLines& lines, bool test) {
  const std::vector<Spread>& spreads = test ? lines.test : lines.train;
  std::vector<std::pair<double, double>> points;
  for (std::size_t i = 0; i < spreads.size(); ++i) {
    points.emplace_back(plot.x(static_cast<double>(i + 1)), plot.y(spreads[i].mean));
  }
  canvas.polyline(points, colour_of(lines), test ? 3.5 : 2, !test, false);
  const bool marked = points.size() == 1 || (test && (points.size() <= 40 || lines.mark > 0));
  if (marked) canvas.marks(points, colour_of(lines), test ? 5.5 : 4, lines.mark);
}

struct LegendRow {
  std::string text;
  bool dashed;
};

std::array<LegendRow, 2> legend_rows(const ChartLines& lines) {
  return {{{lines.evaluated + ' ' + lines.last_test, false}, {"train " + lines.last_train, true}}};
}

/// Each series' name above its final values; a title of what they are.
void draw_legend(Canvas& canvas, const Chart& chart) {
  double y = kPlotTop + 14;
  for (const ChartLines& lines : chart.series) {
    canvas.text(kLegendLeft, y, lines.name,
                {.size = kText, .align = Align::left, .bold = true, .colour = colour_of(lines)});
    double row = y + kLegendRow;
    if (lines.test.empty()) {
      canvas.text(kLegendLeft, row, "no finished run", {.size = kText});
    } else {
      for (const LegendRow& one : legend_rows(lines)) {
        canvas.polyline({{kLegendLeft, row}, {kLegendLeft + kSample, row}}, colour_of(lines),
                        one.dashed ? 2 : 3.5, one.dashed, false);
        if (!one.dashed)
          canvas.marks({{kLegendLeft + kSample / 2, row}}, colour_of(lines), 5.5, lines.mark);
        canvas.text(kLegendLeft + kSample + 14, row, one.text, {.size = kText});
        row += kLegendRow;
      }
    }
    y += kLegendEntry;
  }
}

/// Of the legend, in pixels.
double legend_width(const Chart& chart) {
  Canvas ruler(1, 1);
  double width = 0;
  for (const ChartLines& lines : chart.series) {
    width = std::max(width, ruler.text_width(lines.name, {.size = kText, .bold = true}));
    if (lines.test.empty()) continue;
    for (const LegendRow& row : legend_rows(lines)) {
      width = std::max(width, kSample + 14 + ruler.text_width(row.text, {.size = kText}));
    }
  }
  return std::max(width, 240.0);
}

}  // namespace

std::string comparison_png(const std::string& title, Quantity quantity,
                           std::span<const Series> series) {
  const Chart chart = chart_of(quantity, series);
  const double width = kLegendLeft + legend_width(chart) + 30;
  const double needed = kPlotTop + static_cast<double>(series.size()) * kLegendEntry;
  Canvas canvas(static_cast<int>(width), static_cast<int>(std::max(kHeight, needed)));
  canvas.title(36, title, 28);
  const Plot plot = make_plot(chart);
  draw_axes(canvas, plot, chart.axis, 10);
  for (const ChartLines& lines : chart.series) {
    if (lines.runs > 1) draw_band(canvas, plot, chart, lines);
  }
  for (const bool test : {false, true}) {
    for (const ChartLines& lines : chart.series) draw_curve(canvas, plot, lines, test);
  }
  draw_legend(canvas, chart);
  return canvas.png();
}

}  // namespace castnet::report
