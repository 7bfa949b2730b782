// What the axes of a picture cover, and what stands beside them.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

namespace castnet {

/// A range and the round values in it.
struct Axis {
  double low, high;
  double step;  ///< between ticks
  std::vector<double> ticks;
  double beyond = 0;  ///< the largest of the values that it leaves out; 0 if there is none
};

/// An axis over [low, high] with about `wanted` steps of 1, 2 or 5 times a power of ten, widened to
/// whole steps. What can hardly be told apart is a single value, and gets a step of one on each
/// side, between 0 and `most`.
Axis make_axis(double low, double high, int wanted,
               double most = std::numeric_limits<double>::infinity());

/// Guessing one of 256 classes, the most that there can be, costs a loss of 5.5 nats: a larger one
/// than this is of a training that diverges.
inline constexpr double kMostLoss = 20;

/// An axis over values from 0 on. Those above `most` would make one line of all others, so it
/// leaves them out, unless there are no others.
Axis axis_over(std::span<const double> values, int wanted, double most);

/// With so many decimals, or as "5.25e13" if that would be long. There is no "-0.00".
std::string number_text(double value, int decimals);

/// A text for each tick, as short as they can be told apart: "0.5", "2e13".
std::vector<std::string> tick_texts(const Axis& axis);

/// About `wanted` round numbers of epochs, from 1 to `epochs`.
std::vector<int> epoch_ticks(std::size_t epochs, int wanted);

}  // namespace castnet
