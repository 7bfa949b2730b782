#include "train/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/csv.hpp"
#include "train/safetensors.hpp"

namespace castnet {
namespace {

constexpr std::size_t kColumns = 10;
/// No training has more epochs.
constexpr std::size_t kMostRows = 100000;

[[noreturn]] void fail(std::string_view line) {
  constexpr std::size_t kShown = 120;
  std::string shown(line.substr(0, kShown));
  // For a terminal, which takes control characters as commands.
  std::ranges::replace_if(
      shown, [](unsigned char c) { return c < 32 || c > 126; }, '?');
  throw CheckpointError(
      fmt::format("damaged metrics row '{}{}'", shown, line.size() > kShown ? "..." : ""));
}

/// Takes the part before the next `end`, or all, off the text.
std::string_view take(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

template <typename T>
T number(std::string_view cell, std::string_view line) {
  const auto value = csv_number<T>(std::string(cell));
  if (!value) fail(line);
  return *value;
}

std::string figures_of(const EpochRow& row) {
  return fmt::format("{},{},{:.8g},{:.6f},{:.2f},{:.6f},{:.2f}", row.epoch, row.step, row.rate,
                     row.train_loss, row.train_accuracy, row.test_loss, row.test_accuracy);
}

std::string line_of(const EpochRow& row) {
  return fmt::format("{},{:.3f},{:.1f},{}", figures_of(row), row.seconds, row.images_per_second,
                     row.weights_sha256);
}

EpochRow parse_row(std::string_view line) {
  if (std::ranges::count(line, ',') != kColumns - 1) fail(line);
  std::array<std::string_view, kColumns> cells;
  std::string_view rest = line;
  for (std::string_view& cell : cells) cell = take(rest, ',');
  EpochRow row;
  row.epoch = number<int>(cells[0], line);
  row.step = number<std::uint64_t>(cells[1], line);
  row.rate = number<double>(cells[2], line);
  row.train_loss = number<double>(cells[3], line);
  row.train_accuracy = number<double>(cells[4], line);
  row.test_loss = number<double>(cells[5], line);
  row.test_accuracy = number<double>(cells[6], line);
  row.seconds = number<double>(cells[7], line);
  row.images_per_second = number<double>(cells[8], line);
  row.weights_sha256 = cells[9];
  return row;
}

}  // namespace

std::string metrics_csv(const std::vector<EpochRow>& rows) {
  std::string text(kMetricsHeader);
  text += '\n';
  for (const EpochRow& row : rows) text += line_of(row) + '\n';
  return text;
}

std::string untimed(const EpochRow& row) {
  return fmt::format("{},{}", figures_of(row), row.weights_sha256);
}

EpochRow as_written(const EpochRow& row) { return parse_row(line_of(row)); }

std::vector<EpochRow> parse_metrics_csv(std::string_view text) {
  const std::string_view header = take(text, '\n');
  if (header != kMetricsHeader) fail(header);
  std::vector<EpochRow> rows;
  while (!text.empty()) {
    if (rows.size() == kMostRows) {
      throw CheckpointError(fmt::format("more than {} metrics rows", kMostRows));
    }
    rows.push_back(parse_row(take(text, '\n')));
  }
  return rows;
}

}  // namespace castnet
