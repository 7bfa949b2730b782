#include "report/api/castnet_report/predictions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "report/csv.hpp"

namespace castnet::report {
namespace {

constexpr std::string_view kHeader = "index,true,predicted,probability,loss";
constexpr std::size_t kColumns = 5;

template <class T>
T number(const std::string& cell) {
  if (const auto value = csv_number<T>(cell)) return *value;
  throw std::runtime_error(fmt::format("'{}' is no number of a prediction", cell));
}

}  // namespace

std::string predictions_csv(std::span<const Prediction> predictions) {
  std::string text = fmt::format("{}\n", kHeader);
  for (const Prediction& one : predictions) {
    text += fmt::format("{},{},{},{:.6f},{:.6f}\n", one.index, csv_cell(one.truth),
                        csv_cell(one.predicted), one.probability, one.loss);
  }
  return text;
}

std::vector<Prediction> parse_predictions(std::string_view csv) {
  const std::vector<std::vector<std::string>> rows = csv_rows(csv);
  if (!csv.starts_with(kHeader)) {
    throw std::runtime_error(fmt::format("does not begin with '{}'", kHeader));
  }
  std::vector<Prediction> predictions;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::vector<std::string>& row = rows[i];
    if (row.size() != kColumns) {
      throw std::runtime_error(
          fmt::format("row {} has {} cells instead of {}", i, row.size(), kColumns));
    }
    predictions.push_back({number<std::size_t>(row[0]), row[1], row[2], number<double>(row[3]),
                           number<double>(row[4])});
  }
  return predictions;
}

void sort_by_loss(std::vector<Prediction>& predictions) {
  std::ranges::stable_sort(predictions, std::ranges::greater(), &Prediction::loss);
}

std::vector<Prediction> wrong_only_in(std::span<const std::vector<Prediction>> networks,
                                      std::size_t which) {
  std::vector<Prediction> only;
  for (std::size_t image = 0; image < networks[which].size(); ++image) {
    const Prediction& own = networks[which][image];
    bool others_right = true;
    for (const std::vector<Prediction>& network : networks) {
      if (network.size() != networks[which].size() || network[image].index != own.index ||
          network[image].truth != own.truth) {
        throw std::runtime_error("the networks' predictions are not of the same images");
      }
      others_right = others_right && (&network == &networks[which] || !network[image].wrong());
    }
    if (own.wrong() && others_right) only.push_back(own);
  }
  sort_by_loss(only);
  return only;
}

}  // namespace castnet::report
