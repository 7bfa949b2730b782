#include "report/plot.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace castnet {

void draw_axes(Canvas& canvas, const Plot& plot, const std::string& title, int epoch_steps) {
  const TextStyle centred{.size = plot.text, .align = Align::centre};
  for (const double value : plot.axis.ticks) {
    const double y = plot.y(value);
    canvas.line(plot.left, y, plot.left + plot.width, y, kLightGrey);
    canvas.text(plot.left - 0.6 * plot.text, y, fmt::format("{:.{}f}", value, plot.axis.decimals),
                {.size = plot.text, .align = Align::right});
  }
  for (const double epoch : make_axis(plot.first(), plot.last(), epoch_steps).ticks) {
    if (epoch != std::floor(epoch) || epoch < plot.first() || epoch > plot.last()) continue;
    const double x = plot.x(epoch);
    canvas.line(x, plot.bottom(), x, plot.bottom() + 0.4 * plot.text, kGrey);
    canvas.text(x, plot.bottom() + 1.2 * plot.text, fmt::format("{:.0f}", epoch), centred);
  }
  canvas.frame(plot.left, plot.top, plot.width, plot.height, kGrey);
  canvas.text(plot.left + plot.width / 2, plot.bottom() + 3 * plot.text, "epoch", centred);
  TextStyle turned = centred;
  turned.angle = -std::numbers::pi / 2;
  canvas.text(plot.left - 4.6 * plot.text, plot.top + plot.height / 2, title, turned);
}

}  // namespace castnet
