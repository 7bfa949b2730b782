#include "report/metrics.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "castnet_shared/limits.hpp"
#include "castnet_shared/sha256.hpp"
#include "report/csv.hpp"

namespace castnet {
namespace {

constexpr std::size_t kColumns = 10;

std::string figures_of(const EpochRow& row) {
  return fmt::format("{},{},{:.8g},{:.6f},{:.2f},{:.6f},{:.2f}", row.epoch, row.step, row.rate,
                     row.train_loss, row.train_accuracy, row.test_loss, row.test_accuracy);
}

std::string line_of(const EpochRow& row) {
  return fmt::format("{},{:.3f},{:.1f},{}", figures_of(row), row.seconds, row.images_per_second,
                     row.weights_sha256);
}

std::vector<EpochRow> read_rows(std::string_view text) {
  CsvReader csv(text, {.columns = kColumns, .rows = kMostEpochs + 1});
  if (text.substr(0, text.find_first_of("\r\n")) != kMetricsHeader || !csv.next()) {
    csv.fail(fmt::format("does not begin with '{}'", kMetricsHeader));
  }
  std::vector<EpochRow> rows;
  while (csv.next()) {
    if (!is_sha256(csv.cells()[9])) csv.fail_at(9, "no SHA-256 of 64 hexadecimal digits");
    rows.push_back({.epoch = csv.number<int>(0),
                    .step = csv.number<std::uint64_t>(1),
                    .rate = csv.number<double>(2),
                    .train_loss = csv.number<double>(3),
                    .train_accuracy = csv.number<double>(4),
                    .test_loss = csv.number<double>(5),
                    .test_accuracy = csv.number<double>(6),
                    .seconds = csv.number<double>(7),
                    .images_per_second = csv.number<double>(8),
                    .weights_sha256 = csv.cells()[9]});
  }
  return rows;
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

EpochRow as_written(const EpochRow& row) { return read_rows(metrics_csv({row})).front(); }

std::vector<EpochRow> parse_metrics_csv(std::string_view text) {
  try {
    return read_rows(text);
  } catch (const std::runtime_error& error) {
    throw MetricsError(fmt::format("damaged metrics: {}", error.what()));
  }
}

}  // namespace castnet
