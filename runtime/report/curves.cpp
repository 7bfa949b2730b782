#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "report/axis.hpp"
#include "report/canvas.hpp"
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
  bool rising;  ///< the legend stands in the corner that the curves leave free
  double left;  ///< of the plotting area
};

constexpr double kPlotTop = 70;
constexpr double kPlotWidth = 500;
constexpr double kPlotHeight = 365;

/// Maps epochs and values to pixels within one panel.
struct Scale {
  double left;
  double first_epoch, last_epoch;
  Axis axis;
  double x(double epoch) const {
    return left + kPlotWidth * (epoch - first_epoch) / (last_epoch - first_epoch);
  }
  double y(double value) const {
    return kPlotTop + kPlotHeight * (axis.high - value) / (axis.high - axis.low);
  }
};

Scale make_scale(const Panel& panel, const std::vector<EpochRow>& rows) {
  double low = rows.front().*panel.train;
  double high = low;
  for (const EpochRow& row : rows) {
    low = std::min({low, row.*panel.train, row.*panel.test});
    high = std::max({high, row.*panel.train, row.*panel.test});
  }
  // A lone epoch stands in the middle.
  const bool lone = rows.size() == 1;
  return {panel.left, lone ? 0.0 : rows.front().epoch, rows.back().epoch + (lone ? 1.0 : 0.0),
          make_axis(low, high, 6)};
}

void draw_axes(Canvas& canvas, const Panel& panel, const Scale& scale) {
  const double bottom = kPlotTop + kPlotHeight;
  for (const double value : scale.axis.ticks) {
    const double y = scale.y(value);
    canvas.line(panel.left, y, panel.left + kPlotWidth, y, kLightGrey);
    canvas.text(panel.left - 8, y, fmt::format("{:.{}f}", value, scale.axis.decimals),
                {.align = Align::right});
  }
  const Axis epochs = make_axis(scale.first_epoch, scale.last_epoch, 8);
  for (const double epoch : epochs.ticks) {
    const bool whole = epoch == std::floor(epoch);
    if (!whole || epoch < scale.first_epoch || epoch > scale.last_epoch) continue;
    canvas.line(scale.x(epoch), bottom, scale.x(epoch), bottom + 5, kGrey);
    canvas.text(scale.x(epoch), bottom + 16, fmt::format("{:.0f}", epoch),
                {.align = Align::centre});
  }
  canvas.frame(panel.left, kPlotTop, kPlotWidth, kPlotHeight, kGrey);
  canvas.text(panel.left + kPlotWidth / 2, bottom + 40, "epoch", {.align = Align::centre});
  canvas.text(panel.left - 62, kPlotTop + kPlotHeight / 2, panel.title,
              {.align = Align::centre, .angle = -std::numbers::pi / 2});
}

void draw_curve(Canvas& canvas, const Scale& scale, const std::vector<EpochRow>& rows,
                double EpochRow::*value, Colour colour, bool dashed) {
  std::vector<std::pair<double, double>> points;
  for (const EpochRow& row : rows) points.emplace_back(scale.x(row.epoch), scale.y(row.*value));
  canvas.polyline(points, colour, 2, dashed, rows.size() <= 40);
}

void draw_legend(Canvas& canvas, const Panel& panel, const EpochRow& last) {
  constexpr double kLegendWidth = 190;
  constexpr double kLegendHeight = 54;
  const double x = panel.left + kPlotWidth - kLegendWidth - 12;
  const double y = panel.rising ? kPlotTop + kPlotHeight - kLegendHeight - 12 : kPlotTop + 12;
  canvas.rectangle(x, y, kLegendWidth, kLegendHeight, kWhite);
  canvas.frame(x, y, kLegendWidth, kLegendHeight, kLightGrey);
  const auto entry = [&](double line, const char* name, double value, Colour colour, bool dashed) {
    canvas.polyline({{x + 10, line}, {x + 46, line}}, colour, 2, dashed, false);
    canvas.text(x + 56, line, name, {});
    canvas.text(x + kLegendWidth - 10, line, fmt::format(fmt::runtime(panel.number), value),
                {.align = Align::right});
  };
  entry(y + 17, "train", last.*panel.train, kOrange, true);
  entry(y + 37, "test", last.*panel.test, kBlue, false);
}

}  // namespace

std::string curves_png(const std::string& title, const std::vector<EpochRow>& rows) {
  Canvas canvas(kWidth, kHeight);
  canvas.text(kWidth / 2.0, 28, title, {.size = 18, .align = Align::centre, .bold = true});
  const Panel panels[] = {
      {"loss", "{:.4f}", &EpochRow::train_loss, &EpochRow::test_loss, false, 80},
      {"accuracy (%)", "{:.2f} %", &EpochRow::train_accuracy, &EpochRow::test_accuracy, true, 680}};
  for (const Panel& panel : panels) {
    if (rows.empty()) continue;
    const Scale scale = make_scale(panel, rows);
    draw_axes(canvas, panel, scale);
    draw_curve(canvas, scale, rows, panel.train, kOrange, true);
    draw_curve(canvas, scale, rows, panel.test, kBlue, false);
    draw_legend(canvas, panel, rows.back());
  }
  return canvas.png();
}

}  // namespace castnet
