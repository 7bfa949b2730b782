#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "report/api/castnet_report/comparison.hpp"
#include "report/metrics.hpp"

namespace castnet::report {

namespace {

/// No loss that was ever trained to; sums and squares of these are finite.
constexpr double kMostFigure = 1e100;

/// The fault of a figure of an epoch; empty if there is none.
std::string_view fault_of(const Epoch& epoch) {
  for (const double figure : {epoch.train_loss, epoch.train_accuracy, epoch.test_loss,
                              epoch.test_accuracy, epoch.seconds}) {
    if (std::abs(figure) > kMostFigure) return "a figure that is impossible in a training";
  }
  for (const double accuracy : {epoch.train_accuracy, epoch.test_accuracy}) {
    if (accuracy < 0 || accuracy > 100) return "an accuracy that is not from 0 to 100 %";
  }
  return epoch.seconds < 0 ? "a negative time" : "";
}

}  // namespace

Run read_run(std::string_view metrics_csv, std::string_view last_weights_sha256) {
  const std::vector<EpochRow> rows = parse_metrics_csv(metrics_csv);
  Run run;
  for (const EpochRow& row : rows) {
    const Epoch& epoch = run.emplace_back(
        Epoch{row.train_loss, row.train_accuracy, row.test_loss, row.test_accuracy, row.seconds});
    if (static_cast<std::size_t>(row.epoch) != run.size()) {
      throw std::runtime_error(
          fmt::format("has epoch {} where {} should be", row.epoch, run.size()));
    }
    if (const std::string_view fault = fault_of(epoch); !fault.empty()) {
      throw std::runtime_error(fmt::format("epoch {} has {}", row.epoch, fault));
    }
  }
  if (rows.empty() || rows.back().weights_sha256 != last_weights_sha256) {
    throw std::runtime_error("does not end with the last epoch of run.json");
  }
  return run;
}

Spread spread(std::span<const double> values) {
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / (count - 1)) : 0, values.size()};
}

Results results(std::span<const Run> runs, double target) {
  std::vector<double> best, last, loss, reached, seconds;
  for (const Run& run : runs) {
    best.push_back(std::ranges::max(run, {}, &Epoch::test_accuracy).test_accuracy);
    last.push_back(run.back().test_accuracy);
    loss.push_back(run.back().test_loss);
    const auto first = std::ranges::find_if(
        run, [&](const Epoch& epoch) { return epoch.test_accuracy >= target; });
    if (first != run.end()) reached.push_back(static_cast<double>(first - run.begin() + 1));
    seconds.push_back(0);
    for (const Epoch& epoch : run) seconds.back() += epoch.seconds;
  }
  return {spread(best), spread(last), spread(loss), spread(reached), spread(seconds)};
}

}  // namespace castnet::report
