#include <fmt/format.h>

#include <algorithm>
#include <numbers>

#include "report/canvas.hpp"
#include "report/csv.hpp"
#include "report/report.hpp"

namespace castnet {
namespace {

constexpr double kCell = 72;
constexpr double kLeft = 150;
constexpr double kTop = 110;
constexpr double kNameWidth = 100;

/// From white to a dark blue as `part` goes from 0 to 1.
Colour shade(double part) {
  const auto mix = [part](double dark) { return 1 + (dark - 1) * part; };
  return {mix(kBlue.red), mix(kBlue.green), mix(kBlue.blue)};
}

void draw_row(Canvas& canvas, const ConfusionMatrix& matrix, std::size_t truth) {
  const double y = kTop + kCell * static_cast<double>(truth);
  for (std::size_t predicted = 0; predicted < matrix.classes(); ++predicted) {
    const double x = kLeft + kCell * static_cast<double>(predicted);
    const std::uint64_t count = matrix.count(truth, predicted);
    const double part = static_cast<double>(count) /
                        static_cast<double>(std::max<std::uint64_t>(matrix.images(truth), 1));
    canvas.rectangle(x, y, kCell, kCell, shade(part));
    if (count == 0) continue;
    canvas.text(x + kCell / 2, y + kCell / 2, fmt::format("{}", count),
                {.size = 14,
                 .align = Align::centre,
                 .bold = truth == predicted,
                 .colour = part > 0.5 ? kWhite : kBlack});
  }
  canvas.text(kLeft + kCell * static_cast<double>(matrix.classes()) + 14, y + kCell / 2,
              fmt::format("{:.1f} %", matrix.accuracy(truth)), {.size = 14});
}

void draw_names(Canvas& canvas, const std::vector<std::string>& classes) {
  // One size for all columns: the size at which the longest name fits.
  TextStyle row{.size = 14, .align = Align::right};
  TextStyle column{.size = 14, .align = Align::centre};
  for (const std::string& name : classes) {
    row.size = canvas.fitting_size(name, row, kNameWidth);
    column.size = canvas.fitting_size(name, column, kCell - 6);
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const double along = kCell * (static_cast<double>(i) + 0.5);
    canvas.text(kLeft - 10, kTop + along, classes[i], row);
    canvas.text(kLeft + along, kTop - 14, classes[i], column);
  }
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(const Split& split, const Evaluation& evaluation)
    : classes_(split.classes.size()), counts_(classes_ * classes_) {
  for (std::size_t i = 0; i < split.test.size(); ++i) {
    ++counts_[split.test.labels[i] * classes_ + static_cast<std::size_t>(evaluation.predicted[i])];
  }
}

std::uint64_t ConfusionMatrix::images(std::size_t truth) const {
  std::uint64_t sum = 0;
  for (std::size_t predicted = 0; predicted < classes_; ++predicted) sum += count(truth, predicted);
  return sum;
}

double ConfusionMatrix::accuracy(std::size_t truth) const {
  const std::uint64_t all = images(truth);
  return all == 0 ? 0 : 100 * static_cast<double>(count(truth, truth)) / static_cast<double>(all);
}

std::string confusion_csv(const ConfusionMatrix& matrix, const std::vector<std::string>& classes) {
  std::string text = "true";
  for (const std::string& name : classes) text += ',' + csv_cell(name);
  text += ",accuracy\n";
  for (std::size_t truth = 0; truth < matrix.classes(); ++truth) {
    text += csv_cell(classes[truth]);
    for (std::size_t predicted = 0; predicted < matrix.classes(); ++predicted) {
      text += fmt::format(",{}", matrix.count(truth, predicted));
    }
    text += fmt::format(",{:.2f}\n", matrix.accuracy(truth));
  }
  return text;
}

std::string confusion_png(const std::string& title, const ConfusionMatrix& matrix,
                          const std::vector<std::string>& classes) {
  const double side = kCell * static_cast<double>(matrix.classes());
  const double width = kLeft + side + 110;
  Canvas canvas(static_cast<int>(width), static_cast<int>(kTop + side + 30));
  canvas.text(width / 2, 28, title, {.size = 18, .align = Align::centre, .bold = true});
  canvas.text(kLeft + side / 2, 66, "predicted", {.size = 15, .align = Align::centre});
  canvas.text(24, kTop + side / 2, "true",
              {.size = 15, .align = Align::centre, .angle = -std::numbers::pi / 2});
  canvas.text(kLeft + side + 14, kTop - 14, "accuracy", {.size = 14});
  for (std::size_t truth = 0; truth < matrix.classes(); ++truth) draw_row(canvas, matrix, truth);
  for (std::size_t i = 1; i < matrix.classes(); ++i) {
    const double at = kCell * static_cast<double>(i);
    canvas.line(kLeft, kTop + at, kLeft + side, kTop + at, kLightGrey);
    canvas.line(kLeft + at, kTop, kLeft + at, kTop + side, kLightGrey);
  }
  canvas.frame(kLeft, kTop, side, side, kGrey);
  draw_names(canvas, classes);
  return canvas.png();
}

}  // namespace castnet
