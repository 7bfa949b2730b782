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

/// M. Okabe and K. Ito's palette (https://jfly.uni-koeln.de/color/) but for its yellow, which is
/// too light for a line; beyond it colours come again, and marks tell them apart.
constexpr std::array<Colour, 7> kColours = {{{0.0, 0.447, 0.698},
                                             {0.835, 0.369, 0.0},
                                             {0.0, 0.620, 0.451},
                                             {0.800, 0.475, 0.655},
                                             {0.902, 0.624, 0.0},
                                             {0.337, 0.706, 0.914},
                                             {0.1, 0.1, 0.1}}};

/// What a chart's quantity is called and taken from.
struct Facts {
  const char* axis;
  const char* value;  ///< fmt's format in the legend
  const char* unit;
  double Epoch::*train;
  double Epoch::*test;
  double most;  ///< that it can be; the least is 0
};

const Facts& facts_of(Quantity quantity) {
  static const Facts kLoss{
      "loss (nats per image)", "{:.3f}",          "",
      &Epoch::train_loss,      &Epoch::test_loss, std::numeric_limits<double>::infinity()};
  static const Facts kAccuracy{"accuracy (%)",        "{:.2f}", " %", &Epoch::train_accuracy,
                               &Epoch::test_accuracy, 100};
  return quantity == Quantity::loss ? kLoss : kAccuracy;
}

/// The spread of each epoch's values over the runs that have it.
std::vector<Spread> curve(const Series& series, double Epoch::*value) {
  std::vector<Spread> spreads;
  for (std::size_t epoch = 0;; ++epoch) {
    std::vector<double> values;
    for (const Run& run : series.runs) {
      if (epoch < run.size()) values.push_back(run[epoch].*value);
    }
    if (values.empty()) return spreads;
    spreads.push_back(spread(values));
  }
}

/// One deviation above or below the mean, as far as the quantity goes.
double edge(const Spread& spread, double direction, const Facts& facts) {
  return std::clamp(spread.mean + direction * spread.deviation, 0.0, facts.most);
}

/// One series as it is drawn.
struct Lines {
  std::string name;
  Colour colour;
  std::vector<Spread> train;
  std::vector<Spread> test;
  std::size_t runs;
  int mark;  ///< sides of the marks; 0: round
};

std::vector<Lines> lines_of(std::span<const Series> series, const Facts& facts) {
  std::vector<Lines> all;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::size_t again = i / kColours.size();
    all.push_back({series[i].name, kColours[i % kColours.size()], curve(series[i], facts.train),
                   curve(series[i], facts.test), series[i].runs.size(),
                   again == 0 ? 0 : static_cast<int>(again) + 2});
  }
  return all;
}

Plot make_plot(const std::vector<Lines>& all, const Facts& facts) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  std::size_t epochs = 0;
  for (const Lines& lines : all) {
    for (const auto* spreads : {&lines.train, &lines.test}) {
      const bool band = spreads == &lines.test;
      for (const Spread& one : *spreads) {
        low = std::min(low, edge(one, band ? -1 : 0, facts));
        high = std::max(high, edge(one, band ? 1 : 0, facts));
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

void draw_band(Canvas& canvas, const Plot& plot, const Lines& lines, const Facts& facts) {
  std::vector<std::pair<double, double>> outline;
  const auto count = static_cast<std::ptrdiff_t>(lines.test.size());
  for (std::ptrdiff_t i = 0; i < 2 * count; ++i) {  // there above, back below
    const std::ptrdiff_t at = i < count ? i : 2 * count - 1 - i;
    const Spread& one = lines.test[static_cast<std::size_t>(at)];
    outline.emplace_back(plot.x(static_cast<double>(at + 1)),
                         plot.y(edge(one, i < count ? 1 : -1, facts)));
  }
  canvas.area(outline, lines.colour, kBandOpacity);
}

void draw_curve(Canvas& canvas, const Plot& plot, const Lines& lines, bool test) {
  const std::vector<Spread>& spreads = test ? lines.test : lines.train;
  std::vector<std::pair<double, double>> points;
  for (std::size_t i = 0; i < spreads.size(); ++i) {
    points.emplace_back(plot.x(static_cast<double>(i + 1)), plot.y(spreads[i].mean));
  }
  canvas.polyline(points, lines.colour, test ? 3.5 : 2, !test, false);
  const bool marked = points.size() == 1 || (test && (points.size() <= 40 || lines.mark > 0));
  if (marked) canvas.marks(points, lines.colour, test ? 5.5 : 4, lines.mark);
}

std::string text_of(const Spread& last, const Facts& facts) {
  std::string text = fmt::format(fmt::runtime(facts.value), last.mean);
  if (last.count > 1) text += " ± " + fmt::format(fmt::runtime(facts.value), last.deviation);
  return text + facts.unit;
}

struct LegendRow {
  std::string text;
  bool dashed;
};

std::array<LegendRow, 2> legend_rows(const Lines& lines, const Facts& facts) {
  return {{{"test " + text_of(lines.test.back(), facts), false},
           {"train " + text_of(lines.train.back(), facts), true}}};
}

/// Each series' name above its final values; a title of what they are.
void draw_legend(Canvas& canvas, const std::vector<Lines>& all, const Facts& facts) {
  double y = kPlotTop + 14;
  for (const Lines& lines : all) {
    canvas.text(kLegendLeft, y, lines.name,
                {.size = kText, .align = Align::left, .bold = true, .colour = lines.colour});
    double row = y + kLegendRow;
    if (lines.test.empty()) canvas.text(kLegendLeft, row, "no finished run", {.size = kText});
    if (!lines.test.empty()) {
      for (const LegendRow& one : legend_rows(lines, facts)) {
        canvas.polyline({{kLegendLeft, row}, {kLegendLeft + kSample, row}}, lines.colour,
                        one.dashed ? 2 : 3.5, one.dashed, false);
        if (!one.dashed)
          canvas.marks({{kLegendLeft + kSample / 2, row}}, lines.colour, 5.5, lines.mark);
        canvas.text(kLegendLeft + kSample + 14, row, one.text, {.size = kText});
        row += kLegendRow;
      }
    }
    y += kLegendEntry;
  }
}

/// Of the legend, in pixels.
double legend_width(const std::vector<Lines>& all, const Facts& facts) {
  Canvas ruler(1, 1);
  double width = 0;
  for (const Lines& lines : all) {
    width = std::max(width, ruler.text_width(lines.name, {.size = kText, .bold = true}));
    if (lines.test.empty()) continue;
    for (const LegendRow& row : legend_rows(lines, facts)) {
      width = std::max(width, kSample + 14 + ruler.text_width(row.text, {.size = kText}));
    }
  }
  return std::max(width, 240.0);
}

}  // namespace

std::string comparison_png(const std::string& title, Quantity quantity,
                           std::span<const Series> series) {
  const Facts& facts = facts_of(quantity);
  const std::vector<Lines> all = lines_of(series, facts);
  const double width = kLegendLeft + legend_width(all, facts) + 30;
  const double needed = kPlotTop + static_cast<double>(all.size()) * kLegendEntry;
  Canvas canvas(static_cast<int>(width), static_cast<int>(std::max(kHeight, needed)));
  TextStyle style{.size = 28, .align = Align::centre, .bold = true};
  style.size = canvas.fitting_size(title, style, width - 60);
  canvas.text(width / 2, 36, title, style);
  const Plot plot = make_plot(all, facts);
  draw_axes(canvas, plot, facts.axis, 10);
  for (const Lines& lines : all) {
    if (lines.runs > 1) draw_band(canvas, plot, lines, facts);
  }
  for (const bool test : {false, true}) {
    for (const Lines& lines : all) draw_curve(canvas, plot, lines, test);
  }
  draw_legend(canvas, all, facts);
  return canvas.png();
}

}  // namespace castnet::report
