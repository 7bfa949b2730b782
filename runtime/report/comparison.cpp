#include "report/api/castnet_report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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
constexpr double kLegendMost = 480;  ///< for a longer name there are smaller letters
constexpr double kSample = 60;       ///< of a line in the legend
constexpr double kBandOpacity = 0.18;

Colour colour_of(const ChartLines& lines) {
  const auto part = [&](int shift) { return (lines.colour >> shift & 0xff) / 255.0; };
  return {part(16), part(8), part(0)};
}

Plot make_plot(const Chart& chart) {
  std::vector<double> values;
  std::size_t epochs = 0;
  for (const ChartLines& lines : chart.series) {
    for (const Spread& one : lines.train) values.push_back(one.mean);
    for (const Spread& one : lines.test) {
      values.push_back(one.mean);
      if (one.mean > chart.shown) continue;  // the band is beyond the axis, too
      values.push_back(band_edge(chart, one, -1));
      values.push_back(std::min(band_edge(chart, one, 1), chart.shown));
    }
    epochs = std::max({epochs, lines.train.size(), lines.test.size()});
  }
  return {.left = kPlotLeft,
          .top = kPlotTop,
          .width = kPlotWidth,
          .height = kPlotHeight,
          .text = kText,
          .epochs = epochs,
          .axis = axis_over(values, 6, chart.shown)};
}

void draw_bands(Canvas& canvas, const Plot& plot, const Chart& chart, const ChartLines& lines) {
  std::vector<double> lower, upper;
  for (const Spread& one : lines.test) {
    const bool left_out = one.mean > plot.axis.high;  // its band would cover all others
    lower.push_back(left_out ? one.mean : band_edge(chart, one, -1));
    upper.push_back(band_edge(chart, one, 1));
  }
  draw_band(canvas, plot, lower, upper, colour_of(lines), kBandOpacity);
}

void draw_means(Canvas& canvas, const Plot& plot, const ChartLines& lines, bool test) {
  std::vector<double> means;
  for (const Spread& one : test ? lines.test : lines.train) means.push_back(one.mean);
  const bool marked = means.size() == 1 || (test && (means.size() <= 40 || lines.mark > 0));
  draw_curve(canvas, plot, means,
             {.colour = colour_of(lines),
              .thickness = test ? 3.5 : 2,
              .dashed = !test,
              .radius = !marked ? 0
                        : test  ? 5.5
                                : 4,
              .sides = lines.mark});
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
    canvas.text(
        kLegendLeft, y, lines.name,
        {.size = kText, .bold = true, .colour = legible(colour_of(lines)), .width = kLegendMost});
    double row = y + kLegendRow;
    if (lines.test.empty()) {
      canvas.text(kLegendLeft, row, "no finished run", {.size = kText});
    } else {
      for (const LegendRow& one : legend_rows(lines)) {
        canvas.polyline({{kLegendLeft, row}, {kLegendLeft + kSample, row}}, colour_of(lines),
                        one.dashed ? 2 : 3.5, one.dashed);
        if (!one.dashed)
          canvas.marks({{kLegendLeft + kSample / 2, row}}, colour_of(lines), 5.5, lines.mark);
        canvas.text(kLegendLeft + kSample + 14, row, one.text, {.size = kText});
        row += kLegendRow;
      }
    }
    y += kLegendEntry;
  }
}

/// Sizes of the legend, in pixels.
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
  return std::clamp(width, 240.0, kLegendMost);
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
    if (lines.runs > 1) draw_bands(canvas, plot, chart, lines);
  }
  for (const bool test : {false, true}) {
    for (const ChartLines& lines : chart.series) draw_means(canvas, plot, lines, test);
  }
  draw_legend(canvas, chart);
  return canvas.png();
}

}  // namespace castnet::report
