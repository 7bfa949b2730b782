#include "train/metrics.hpp"

#include <fmt/format.h>

#include <sstream>

#include "report/csv.hpp"
#include "train/safetensors.hpp"

namespace castnet {
namespace {

constexpr std::size_t kColumns = 10;

[[noreturn]] void fail(std::string_view line) {
  throw CheckpointError(fmt::format("damaged metrics row '{}'", line));
}

template <typename T>
T number(const std::string& cell, std::string_view line) {
  const auto value = csv_number<T>(cell);
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

EpochRow parse_row(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  if (cells.size() != kColumns) fail(line);
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
  std::istringstream stream{std::string(text)};
  std::string line;
  if (!std::getline(stream, line) || line != kMetricsHeader) fail(line);
  std::vector<EpochRow> rows;
  while (std::getline(stream, line)) rows.push_back(parse_row(line));
  return rows;
}

}  // namespace castnet
