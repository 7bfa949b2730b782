#include "train/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace castnet {
namespace {

constexpr std::size_t kBarCells = 20;
constexpr auto kInterval = std::chrono::milliseconds(100);

/// Seconds, split for h:mm:ss.
struct HoursLeft {
  std::uint64_t hours, minutes, seconds;
  explicit HoursLeft(double total)
      : hours(static_cast<std::uint64_t>(total) / 3600),
        minutes(static_cast<std::uint64_t>(total) / 60 % 60),
        seconds(static_cast<std::uint64_t>(total) % 60) {}
};

/// The width of the terminal at standard error.
std::size_t columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// The line with a bar of this many cells, cut off where the buffer ends; its whole length.
std::size_t write_line(const Moment& moment, std::size_t cells, LineBuffer& buffer) {
  const std::size_t done = cells * moment.step / moment.steps;
  const HoursLeft left(moment.seconds_left);
  return fmt::format_to_n(buffer.data(), buffer.size(),
                          "epoch {:>2}/{} [{:#<{}}{:-<{}}] {}/{}  loss {:.4f}  {:5.2f} %  "
                          "{:.0f} images/s  {}:{:02}:{:02} left",
                          moment.epoch, moment.epochs, "", done, "", cells - done, moment.step,
                          moment.steps, moment.loss, moment.accuracy, moment.images_per_second,
                          left.hours, left.minutes, left.seconds)
      .size;
}

}  // namespace

std::string_view live_line(const Moment& moment, std::size_t columns, LineBuffer& buffer) {
  const std::size_t room = std::min(columns - 1, buffer.size());
  const std::size_t text = write_line(moment, 0, buffer);
  const std::size_t length =
      write_line(moment, text < room ? std::min(kBarCells, room - text) : 0, buffer);
  return {buffer.data(), std::min(length, room)};
}

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

void Progress::warning(std::string_view text) {
  clear();
  std::fputs(fmt::format("warning: {}\n", text).c_str(), stderr);
}

void Progress::step(const Moment& moment) {
  if (style_ != Style::live) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < kInterval && moment.step < moment.steps) return;
  drawn_ = now;
  bar_shown_ = true;
  LineBuffer buffer;
  std::array<char, std::tuple_size_v<LineBuffer> + 8> line{};
  fmt::format_to_n(line.data(), line.size() - 1, "\r\033[K{}",
                   live_line(moment, columns(), buffer));
  std::fputs(line.data(), stderr);
}

void Progress::epoch(const EpochRow& row, std::uint64_t epochs, std::string_view note,
                     std::string_view evaluated) {
  message(fmt::format(
      "epoch {:>2}/{}  lr {:.5f}  train loss {:.4f}  accuracy {:5.2f} %  {} loss {:.4f}  "
      "accuracy {:5.2f} %  {:.1f} s  {:.0f} images/s{}{}",
      row.epoch, epochs, row.rate, row.train_loss, row.train_accuracy, evaluated, row.test_loss,
      row.test_accuracy, row.seconds, row.images_per_second, note.empty() ? "" : "  ", note));
}

}  // namespace castnet
