// The content of a comparison's chart, whether it is drawn or not.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "report/api/castnet_report/comparison.hpp"
#include "report/axis.hpp"

namespace castnet::report {
namespace {

/// M. Okabe and K. Ito's palette (https://jfly.uni-koeln.de/color/) but for its yellow, which is
/// too light for a line.
constexpr std::array<std::uint32_t, 7> kColours = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7,
                                                   0xe69f00, 0x56b4e9, 0x1a1a1a};

/// The name and the source of a chart's quantity.
struct Facts {
  const char* axis;
  int decimals;  ///< in the legend
  const char* unit;
  double Epoch::*train;
  double Epoch::*test;
  double most;
  double shown;
};

const Facts& facts_of(Quantity quantity) {
  static const Facts kLoss{"loss (nats per image)",
                           3,
                           "",
                           &Epoch::train_loss,
                           &Epoch::test_loss,
                           std::numeric_limits<double>::infinity(),
                           kMostLoss};
  static const Facts kAccuracy{"accuracy (%)",        2,   " %", &Epoch::train_accuracy,
                               &Epoch::test_accuracy, 100, 100};
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

std::string text_of_last(const std::vector<Spread>& curve, const Facts& facts) {
  if (curve.empty()) return "";
  const Spread& last = curve.back();
  std::string text = number_text(last.mean, facts.decimals);
  if (last.count > 1) text += " ± " + number_text(last.std, facts.decimals);
  return text + facts.unit;
}

}  // namespace

Chart chart_of(Quantity quantity, std::span<const Series> series) {
  const Facts& facts = facts_of(quantity);
  Chart chart{facts.axis, facts.most, facts.shown, {}};
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::size_t again = i / kColours.size();
    ChartLines lines{.name = series[i].name,
                     .colour = kColours[i % kColours.size()],
                     .mark = again == 0 ? 0 : static_cast<int>(again) + 2,
                     .evaluated = series[i].evaluated,
                     .runs = series[i].runs.size(),
                     .train = curve(series[i], facts.train),
                     .test = curve(series[i], facts.test),
                     .last_train = {},
                     .last_test = {}};
    lines.last_train = text_of_last(lines.train, facts);
    lines.last_test = text_of_last(lines.test, facts);
    chart.series.push_back(std::move(lines));
  }
  return chart;
}

double band_edge(const Chart& chart, const Spread& spread, double stds) {
  return std::clamp(spread.mean + stds * spread.std, 0.0, chart.most);
}

}  // namespace castnet::report
