// The range and labels of a picture's axes.
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
  double beyond = 0;  ///< the largest value that it leaves out; 0 if there is none
};

/// An axis over [low, high] with about `wanted` steps of 1, 2 or 5 times a power of ten, widened to
/// whole steps. If the two ends are almost equal, they count as a single value, which gets a step
/// of one on each side, between 0 and `most`.
Axis make_axis(double low, double high, int wanted,
               double most = std::numeric_limits<double>::infinity());

/// Guessing one of 256 classes, the largest possible number, has a loss of 5.5 nats. A loss larger
/// than this constant belongs to a training that diverges.
inline constexpr double kMostLoss = 20;

/// An axis over values from 0 on. Values above `most` would flatten all others to a line, so the
/// axis leaves them out, unless there are no others.
Axis axis_over(std::span<const double> values, int wanted, double most);

/// The number with this many decimals, or as "5.25e13" if that would be long. "-0.00" never occurs.
std::string number_text(double value, int decimals);

/// A text for each tick, as short as the ticks can be told apart: "0.5", "2e13".
std::vector<std::string> tick_texts(const Axis& axis);

/// About `wanted` round numbers of epochs, from 1 to `epochs`.
std::vector<int> epoch_ticks(std::size_t epochs, int wanted);

}  // namespace castnet
