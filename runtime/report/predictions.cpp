#include "report/api/castnet_report/predictions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "castnet_shared/limits.hpp"
#include "report/csv.hpp"

namespace castnet::report {
namespace {

constexpr std::string_view kHeader = "index,true,predicted,probability,loss";
constexpr std::size_t kColumns = 5;

/// The network's number, a float, so that it reads back to the bit: what is shown of it is rounded
/// once, wherever that is.
std::string digits(double value) { return fmt::format("{}", static_cast<float>(value)); }

}  // namespace

std::string predictions_csv(std::span<const Prediction> predictions,
                            std::span<const std::string> classes) {
  std::string text(kHeader);
  for (const std::string& name : classes) text += ',' + csv_cell(name);
  text += '\n';
  for (const Prediction& one : predictions) {
    text += fmt::format("{},{},{},{},{}", one.index, csv_cell(one.truth), csv_cell(one.predicted),
                        digits(one.probability), digits(one.loss));
    if (!classes.empty()) {
      for (const double value : one.probabilities) text += ',' + digits(value);
    }
    text += '\n';
  }
  return text;
}

std::vector<Prediction> parse_predictions(std::string_view text, std::size_t most) {
  CsvReader csv(text, {.columns = kColumns + kMostClasses, .rows = most + 1});
  if (!text.starts_with(kHeader) || !csv.next() || csv.cells().size() < kColumns) {
    csv.fail(fmt::format("does not begin with '{}'", kHeader));
  }
  std::vector<Prediction> predictions;
  while (csv.next()) {
    const std::vector<std::string>& row = csv.cells();
    Prediction& one = predictions.emplace_back(Prediction{
        csv.number<std::size_t>(0), row[1], row[2], csv.number<float>(3), csv.number<float>(4)});
    for (std::size_t k = kColumns; k < row.size(); ++k) {
      one.probabilities.push_back(csv.number<float>(k));
    }
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
