#include <fmt/format.h>

#include <numeric>
#include <stdexcept>

#include "report/api/castnet_report/confusion.hpp"
#include "report/csv.hpp"

namespace castnet::report {

Confusion parse_confusion(std::string_view csv) {
  const std::vector<std::vector<std::string>> rows = csv_rows(csv);
  if (rows.empty() || rows[0].size() < 3 || rows[0].front() != "true" ||
      rows[0].back() != "accuracy") {
    throw std::runtime_error("does not begin with 'true', the classes and 'accuracy'");
  }
  Confusion confusion;
  confusion.classes.assign(rows[0].begin() + 1, rows[0].end() - 1);
  if (rows.size() != confusion.classes.size() + 1) {
    throw std::runtime_error(
        fmt::format("has {} rows for {} classes", rows.size() - 1, confusion.classes.size()));
  }
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::vector<std::string>& row = rows[i];
    auto& counts = confusion.counts.emplace_back();
    for (std::size_t k = 1; k + 1 < row.size(); ++k) {
      counts.push_back(needed_number<std::uint64_t>(row[k]));
    }
    // The accuracy is that of the counts: the file's is rounded, and would be so once more.
    auto& accuracy = confusion.accuracy.emplace_back();
    const auto images = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (images > 0) {
      accuracy = 100 * static_cast<double>(counts[i - 1]) / static_cast<double>(images);
    }
  }
  return confusion;
}

}  // namespace castnet::report
