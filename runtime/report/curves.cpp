#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/plot.hpp"
#include "report/report.hpp"

namespace castnet {
namespace {

constexpr int kWidth = 1200;
constexpr int kHeight = 500;

/// One quantity over the epochs, in training and on the test set.
struct Panel {
  std::string title;   ///< with the unit
  std::string number;  ///< fmt's format of a value in the legend
  double EpochRow::*train;
  double EpochRow::*test;
  double left;  ///< of the plotting area
};

constexpr double kPlotTop = 70;
constexpr double kPlotWidth = 500;
constexpr double kPlotHeight = 365;

Plot make_plot(const Panel& panel, const std::vector<EpochRow>& rows) {
  double low = rows.front().*panel.train;
  double high = low;
  for (const EpochRow& row : rows) {
    low = std::min({low, row.*panel.train, row.*panel.test});
    high = std::max({high, row.*panel.train, row.*panel.test});
  }
  return {.left = panel.left,
          .top = kPlotTop,
          .width = kPlotWidth,
          .height = kPlotHeight,
          .text = TextStyle{}.size,
          .epochs = rows.size(),
          .axis = make_axis(low, high, 6)};
}

void draw_curve(Canvas& canvas, const Plot& plot, const std::vector<EpochRow>& rows,
                double EpochRow::*value, Colour colour, bool dashed) {
  std::vector<std::pair<double, double>> points;
  for (const EpochRow& row : rows) points.emplace_back(plot.x(row.epoch), plot.y(row.*value));
  canvas.polyline(points, colour, 2, dashed, rows.size() <= 40);
}

/// Above the frame, where it hides no curve: each curve's last value.
void draw_legend(Canvas& canvas, const Panel& panel, const EpochRow& last,
                 std::string_view evaluated) {
  constexpr double kSample = 36;  // of a line
  constexpr double kLine = kPlotTop - 14;
  double x = panel.left;
  const auto entry = [&](std::string_view name, double value, Colour colour, bool dashed) {
    canvas.polyline({{x, kLine}, {x + kSample, kLine}}, colour, 2, dashed, false);
    const std::string text =
        fmt::format("{} {}", name, fmt::format(fmt::runtime(panel.number), value));
    canvas.text(x + kSample + 8, kLine, text, {});
    x += kSample + 8 + canvas.text_width(text, {}) + 28;
  };
  entry("train", last.*panel.train, kOrange, true);
  entry(evaluated, last.*panel.test, kBlue, false);
}

}  // namespace

std::string curves_png(const std::string& title, const std::vector<EpochRow>& rows,
                       std::string_view evaluated) {
  Canvas canvas(kWidth, kHeight);
  canvas.title(28, title);
  const Panel panels[] = {
      {"loss (nats per image)", "{:.4f}", &EpochRow::train_loss, &EpochRow::test_loss, 80},
      {"accuracy (%)", "{:.2f} %", &EpochRow::train_accuracy, &EpochRow::test_accuracy, 680}};
  for (const Panel& panel : panels) {
    if (rows.empty()) continue;
    const Plot plot = make_plot(panel, rows);
    draw_axes(canvas, plot, panel.title, 8);
    draw_curve(canvas, plot, rows, panel.train, kOrange, true);
    draw_curve(canvas, plot, rows, panel.test, kBlue, false);
    draw_legend(canvas, panel, rows.back(), evaluated);
  }
  return canvas.png();
}

}  // namespace castnet
