#include "run/guessing.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace castnet {

double guessing_loss(int classes) { return std::log(static_cast<double>(classes)); }

double guessing_accuracy(const DataSet& set) {
  std::array<std::uint64_t, 256> counts{};
  for (const std::uint8_t label : set.labels) ++counts[label];
  return 100 * static_cast<double>(std::ranges::max(counts)) / static_cast<double>(set.size());
}

bool far_above_guessing(double loss, int classes) {
  return loss > kFarAbove * guessing_loss(classes);
}

bool diverged(const EpochRow& row, int classes) {
  return far_above_guessing(row.train_loss, classes) && far_above_guessing(row.test_loss, classes);
}

double guessing_margin(const DataSet& set) {
  const double right = guessing_accuracy(set);
  return 2 * std::sqrt(right * (100 - right) / static_cast<double>(set.size()));
}

bool no_better_than_guessing(double accuracy, const DataSet& set) {
  return accuracy <= guessing_accuracy(set) + guessing_margin(set);
}

std::optional<DivergenceWatch::Stretch> DivergenceWatch::begins(const Stretch& latest) {
  const bool far = far_above_guessing(latest.loss, classes_);
  if (far != far_) alike_ = {};
  far_ = far;
  alike_.steps += latest.steps;
  alike_.loss += (latest.loss - alike_.loss) * static_cast<double>(latest.steps) /
                 static_cast<double>(alike_.steps);
  if (alike_.steps < kSteps || diverging_ == far) return {};
  diverging_ = far;
  return far ? std::optional(alike_) : std::nullopt;
}

}  // namespace castnet
