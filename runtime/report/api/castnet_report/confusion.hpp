// confusion.csv: the confusion matrix of a network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castnet::report {

struct Confusion {
  std::vector<std::string> classes;
  std::vector<std::vector<std::uint64_t>> counts;  ///< [true][predicted]
  /// The accuracy of each true class in percent; nothing for a class without test images.
  std::vector<std::optional<double>> accuracy;
};

/// Reads a run's confusion.csv. Throws std::runtime_error, with the line, on any other text, and
/// for more than 256 classes.
Confusion parse_confusion(std::string_view text);

}  // namespace castnet::report
