#include "train/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace castnet {
namespace {

constexpr int kBarCells = 20;
constexpr auto kInterval = std::chrono::milliseconds(100);

/// Seconds, split for h:mm:ss.
struct Clock {
  std::uint64_t hours, minutes, seconds;
  explicit Clock(double total)
      : hours(static_cast<std::uint64_t>(total) / 3600),
        minutes(static_cast<std::uint64_t>(total) / 60 % 60),
        seconds(static_cast<std::uint64_t>(total) % 60) {}
};

}  // namespace

Progress::Style Progress::detect(bool quiet) {
  if (quiet) return Style::quiet;
  return ::isatty(STDERR_FILENO) == 1 ? Style::live : Style::lines;
}

void Progress::clear() {
  if (!bar_shown_) return;
  std::fputs("\r\033[K", stderr);
  bar_shown_ = false;
}

void Progress::message(std::string_view text) {
  if (style_ == Style::quiet) return;
  clear();
  std::fputs(fmt::format("{}\n", text).c_str(), stderr);
}

void Progress::step(const Moment& moment) {
  if (style_ != Style::live) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < kInterval && moment.step < moment.steps) return;
  drawn_ = now;
  bar_shown_ = true;
  const double done = static_cast<double>(moment.step) / static_cast<double>(moment.steps);
  std::array<char, kBarCells + 1> bar{};
  std::fill_n(bar.begin(), kBarCells, '-');
  std::fill_n(bar.begin(), static_cast<int>(done * kBarCells), '#');
  const Clock left(moment.seconds_left);
  std::array<char, 256> line;
  const auto written = fmt::format_to_n(
      line.data(), line.size() - 1,
      "\r\033[Kepoch {:>2}/{} [{}] {}/{}  loss {:.4f}  accuracy {:5.2f} %  {:.0f} images/s  "
      "{}:{:02}:{:02} left",
      moment.epoch, moment.epochs, bar.data(), moment.step, moment.steps, moment.loss,
      moment.accuracy, moment.images_per_second, left.hours, left.minutes, left.seconds);
  *written.out = '\0';
  std::fputs(line.data(), stderr);
}

void Progress::epoch(const EpochRow& row, std::uint64_t epochs, bool best) {
  message(fmt::format(
      "epoch {:>2}/{}  lr {:.5f}  train loss {:.4f}  accuracy {:5.2f} %  test loss {:.4f}  "
      "accuracy {:5.2f} %  {:.1f} s  {:.0f} images/s{}",
      row.epoch, epochs, row.rate, row.train_loss, row.train_accuracy, row.test_loss,
      row.test_accuracy, row.seconds, row.images_per_second, best ? "  best" : ""));
}

}  // namespace castnet
