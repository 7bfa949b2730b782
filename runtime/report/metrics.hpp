// metrics.csv: one row per epoch.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace castnet {

/// metrics.csv's first line.
inline constexpr std::string_view kMetricsHeader =
    "epoch,step,lr,train_loss,train_accuracy,test_loss,test_accuracy,seconds,images_per_second,"
    "weights_sha256";

/// An error: the text is not one that metrics_csv() writes.
class MetricsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One epoch's figures.
struct EpochRow {
  int epoch = 0;              ///< from 1
  std::uint64_t step = 0;     ///< updates so far
  double rate = 0;            ///< learning rate of the epoch's last step
  double train_loss = 0;      ///< mean over the epoch's steps, as trained (dropout, augmentation)
  double train_accuracy = 0;  ///< percent, likewise
  double test_loss = 0;       ///< mean over the test set
  double test_accuracy = 0;   ///< percent
  double seconds = 0;         ///< spent on the epoch's training steps
  double images_per_second = 0;
  std::string weights_sha256;  ///< of the evaluated weights after the epoch
};

/// The whole file: header and rows; accuracies in percent with two decimals.
std::string metrics_csv(const std::vector<EpochRow>& rows);

/// The row's line in metrics.csv without `seconds` and `images_per_second`, which differ between
/// trainings with the same bits.
std::string untimed(const EpochRow& row);

/// The row rounded to the digits of metrics.csv. Later decisions and messages must use these
/// digits, because a resumed run knows no more about its earlier epochs.
EpochRow as_written(const EpochRow& row);

/// The inverse of metrics_csv, to the digits written. Throws MetricsError on anything else.
std::vector<EpochRow> parse_metrics_csv(std::string_view text);

}  // namespace castnet
