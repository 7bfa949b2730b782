#include <fmt/format.h>

#include <numeric>

#include "castnet_shared/limits.hpp"
#include "report/api/castnet_report/confusion.hpp"
#include "report/csv.hpp"

namespace castnet::report {
namespace {

/// The images of one row, which castnet counts in 32 bits: their sum has room in 64.
std::vector<std::uint64_t> read_counts(const CsvReader& csv) {
  std::vector<std::uint64_t> counts;
  for (std::size_t k = 1; k + 1 < csv.cells().size(); ++k) {
    counts.push_back(csv.number<std::uint32_t>(k));
  }
  return counts;
}

}  // namespace

Confusion parse_confusion(std::string_view text) {
  CsvReader csv(text, {.columns = kMostClasses + 2, .rows = kMostClasses + 1});
  if (!csv.next() || csv.cells().size() < 3 || csv.cells().front() != "true" ||
      csv.cells().back() != "accuracy") {
    csv.fail("does not begin with 'true', the classes and 'accuracy'");
  }
  Confusion confusion;
  confusion.classes.assign(csv.cells().begin() + 1, csv.cells().end() - 1);
  const std::size_t classes = confusion.classes.size();
  while (csv.next()) {
    const std::size_t truth = confusion.counts.size();
    if (truth == classes) csv.fail(fmt::format("a row after those of the {} classes", classes));
    if (csv.cells()[0] != confusion.classes[truth]) {
      csv.fail(fmt::format("is not the row of class {}, in the columns' order", truth + 1));
    }
    const auto& counts = confusion.counts.emplace_back(read_counts(csv));
    // The accuracy is that of the counts: the file's is rounded, and would be so once more.
    auto& accuracy = confusion.accuracy.emplace_back();
    const auto images = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (images > 0) {
      accuracy = 100 * static_cast<double>(counts[truth]) / static_cast<double>(images);
    }
  }
  if (confusion.counts.size() < classes) {
    csv.fail(fmt::format("ends with {} rows for {} classes", confusion.counts.size(), classes));
  }
  return confusion;
}

}  // namespace castnet::report
