// confusion.csv: which classes a network takes for which.
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
  /// Of each true class, in percent; nothing for a class without test images.
  std::vector<std::optional<double>> accuracy;
};

/// Reads a run's confusion.csv. Throws std::runtime_error, with the line, on anything else: more
/// than 256 classes, too.
Confusion parse_confusion(std::string_view text);

}  // namespace castnet::report
