#include "report/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace castnet {
namespace {

/// Numbers from here on are written with an exponent.
constexpr double kLarge = 1e5;

/// 1, 2 or 5 times a power of ten: the least that is not below `rough`.
double round_step(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double part = rough / power;
  return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

int exponent(double value) { return static_cast<int>(std::floor(std::log10(value) + 1e-9)); }

/// "5.25e13", where fmt writes "5.25e+13".
std::string scientific(double value, int decimals) {
  const std::string text = fmt::format("{:.{}e}", value, decimals);
  const std::size_t e = text.find('e');
  return fmt::format("{}e{}", text.substr(0, e), std::stoi(text.substr(e + 1)));
}

}  // namespace

Axis make_axis(double low, double high, int wanted, double most) {
  const double largest = std::max(std::abs(low), std::abs(high));
  // Beside the axis is room for a few digits.
  const double told_apart = std::max(1e-9, (largest < kLarge ? 1e-4 : 0.05) * largest);
  if (!(high - low >= told_apart)) {
    const double around = std::max(1.0, told_apart);
    low = std::max(low - around, std::min(low, 0.0));
    high = std::min(high + around, std::max(high, most));
  }
  const double step = round_step((high - low) / wanted);
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  Axis axis{first * step, last * step, step, {}};
  for (double i = first; i <= last; ++i) axis.ticks.push_back(i * step);
  return axis;
}

Axis axis_over(std::span<const double> values, int wanted, double most) {
  if (values.empty()) return make_axis(0, 0, wanted, most);
  const auto [least, largest] = std::ranges::minmax(values);
  if (largest <= most) return make_axis(least, largest, wanted, most);
  if (least > most) return make_axis(least, largest, wanted);
  double shown = least;
  for (const double value : values) {
    if (value <= most) shown = std::max(shown, value);
  }
  Axis axis = make_axis(least, shown, wanted, most);
  axis.beyond = largest;
  return axis;
}

std::string number_text(double value, int decimals) {
  if (std::abs(value) >= kLarge) return scientific(value, 2);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_of("123456789") == text.npos && text.front() == '-') text.erase(0, 1);
  return text;
}

std::vector<std::string> tick_texts(const Axis& axis) {
  const double largest = std::max(std::abs(axis.low), std::abs(axis.high));
  const bool with_exponent = largest >= kLarge || largest < 1e-3;
  std::vector<std::string> texts;
  for (const double value : axis.ticks) {
    if (!with_exponent) {
      texts.push_back(number_text(value, std::max(0, -exponent(axis.step))));
    } else if (std::abs(value) < axis.step / 2) {
      texts.push_back("0");
    } else {
      texts.push_back(scientific(value, exponent(std::abs(value)) - exponent(axis.step)));
    }
  }
  return texts;
}

std::vector<int> epoch_ticks(std::size_t epochs, int wanted) {
  const auto last = static_cast<int>(epochs);
  const int step = static_cast<int>(round_step(std::max(1.0, (last - 1.0) / wanted)));
  std::vector<int> ticks;
  for (int epoch = step; epoch <= last; epoch += step) ticks.push_back(epoch);
  return ticks;
}

}  // namespace castnet
