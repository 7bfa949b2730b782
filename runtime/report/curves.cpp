#include <fmt/format.h>

#include "report/plot.hpp"
#include "report/report.hpp"

namespace castnet {
namespace {

constexpr int kWidth = 1200;
constexpr int kHeight = 500;

/// One quantity over the epochs, in training and on the test set.
struct Panel {
  std::string title;  ///< with the unit
  int decimals;       ///< of a value in the legend ...
  std::string unit;   ///< ... and what is behind it
  double EpochRow::*train;
  double EpochRow::*test;
  double left;  ///< of the plotting area
  double most;  ///< that its axis shows if it can
};

constexpr double kPlotTop = 70;
constexpr double kPlotWidth = 500;
constexpr double kPlotHeight = 365;

std::vector<double> values_of(const std::vector<EpochRow>& rows, double EpochRow::*value) {
  std::vector<double> values;
  for (const EpochRow& row : rows) values.push_back(row.*value);
  return values;
}

Plot make_plot(const Panel& panel, const std::vector<EpochRow>& rows) {
  std::vector<double> values = values_of(rows, panel.train);
  for (const EpochRow& row : rows) values.push_back(row.*panel.test);
  return {.left = panel.left,
          .top = kPlotTop,
          .width = kPlotWidth,
          .height = kPlotHeight,
          .text = TextStyle{}.size,
          .epochs = rows.size(),
          .axis = axis_over(values, 6, panel.most)};
}

/// Above the frame, where it hides no curve: each curve's last value.
void draw_legend(Canvas& canvas, const Panel& panel, const EpochRow& last,
                 std::string_view evaluated) {
  constexpr double kSample = 36;  // of a line
  constexpr double kLine = kPlotTop - 14;
  double x = panel.left;
  const auto entry = [&](std::string_view name, double value, Colour colour, bool dashed) {
    canvas.polyline({{x, kLine}, {x + kSample, kLine}}, colour, 2, dashed);
    const std::string text =
        fmt::format("{} {}{}", name, number_text(value, panel.decimals), panel.unit);
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
      {"loss (nats per image)", 4, "", &EpochRow::train_loss, &EpochRow::test_loss, 80, kMostLoss},
      {"accuracy (%)", 2, " %", &EpochRow::train_accuracy, &EpochRow::test_accuracy, 680, 100}};
  const double radius = rows.size() <= 40 ? 3 : 0;
  for (const Panel& panel : panels) {
    if (rows.empty()) continue;
    const Plot plot = make_plot(panel, rows);
    draw_axes(canvas, plot, panel.title, 8);
    draw_curve(canvas, plot, values_of(rows, panel.train), {kOrange, 2, true, radius, 0});
    draw_curve(canvas, plot, values_of(rows, panel.test), {kBlue, 2, false, radius, 0});
    draw_legend(canvas, panel, rows.back(), evaluated);
  }
  return canvas.png();
}

}  // namespace castnet
