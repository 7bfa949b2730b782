// The progress of a run: a live bar on a terminal, one line per epoch elsewhere.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "report/metrics.hpp"

namespace castnet {

/// One moment within an epoch.
struct Moment {
  std::uint64_t epoch;  ///< from 1
  std::uint64_t epochs;
  std::uint64_t step;   ///< completed steps of this epoch
  std::uint64_t steps;  ///< steps of an epoch
  double loss;          ///< mean so far in this epoch
  double accuracy;      ///< percent, likewise
  double images_per_second;
  double seconds_left;  ///< of training, at the speed so far
};

using LineBuffer = std::array<char, 256>;

/// The live bar's line in a terminal of `columns` >= 1. Its last column stays free, so that the
/// line does not wrap. If needed the bar is shortened, and then the end of the line is cut off.
/// Allocates nothing.
std::string_view live_line(const Moment& moment, std::size_t columns, LineBuffer& buffer);

/// Writes to standard error; errors there are ignored. With quiet it writes only warnings. `step`
/// allocates nothing.
class Progress {
 public:
  enum class Style { quiet, lines, live };
  /// The bar is live if standard error is a terminal.
  static Style detect(bool quiet);

  explicit Progress(Style style) : style_(style) {}

  /// Writes one line of information, e.g. about the data.
  void message(std::string_view text);
  /// Writes one line in each style.
  void warning(std::string_view text);
  /// Redraws the bar, at most ten times a second.
  void step(const Moment& moment);
  /// Ends the bar with the epoch's line; `note`, such as "best", stands at its end. `evaluated` is
  /// the name of the images of `test_loss`.
  void epoch(const EpochRow& row, std::uint64_t epochs, std::string_view note,
             std::string_view evaluated);

 private:
  void clear();

  Style style_;
  bool bar_shown_ = false;
  std::chrono::steady_clock::time_point drawn_ = {};
};

}  // namespace castnet
