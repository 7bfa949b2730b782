#include <fmt/format.h>

#include <algorithm>
#include <numbers>

#include "report/canvas.hpp"
#include "report/csv.hpp"
#include "report/report.hpp"

namespace castnet {
namespace {

constexpr double kLeft = 150;
constexpr double kNameWidth = 100;
constexpr double kText = 14;
constexpr double kLeastWidth = 480;  ///< for the title above a few classes

/// Sizes that depend on the classes' names and number, in pixels.
struct Layout {
  double cell;     ///< the side of one
  double top;      ///< of the cells
  double text;     ///< size of names and accuracies: a row may be lower than kText
  double numbers;  ///< size of the cells' numbers; 0: they have none
  bool turned;     ///< the columns' names, as one would not fit across

  double side(std::size_t cells) const { return cell * static_cast<double>(cells); }
};

/// The colour of the number in a cell: black or white, whichever is easier to read there. One of
/// them always has a contrast of 4.5, for which `kBlack` is not dark enough.
Colour number_colour(Colour cell) {
  constexpr Colour kDark = {0, 0, 0};
  return contrast(cell, kWhite) > contrast(cell, kDark) ? kWhite : kDark;
}

/// A colour from white over blue to dark blue as `part` goes from 0 to 1.
Colour shade(double part) {
  constexpr Colour kDarkBlue = {0, 0.22, 0.4};
  constexpr double kMiddle = 0.6;
  const bool light = part < kMiddle;
  const Colour &from = light ? kWhite : kBlue, &to = light ? kBlue : kDarkBlue;
  const double share = light ? part / kMiddle : (part - kMiddle) / (1 - kMiddle);
  const auto mix = [share](double a, double b) { return a + (b - a) * share; };
  return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

/// The size at which every number of the matrix fits into a cell.
double size_of_numbers(Canvas& ruler, const ConfusionMatrix& matrix, double cell) {
  constexpr double kLeast = 8, kAround = 3;
  std::uint64_t most = 0;
  for (std::size_t truth = 0; truth < matrix.classes(); ++truth) {
    for (std::size_t predicted = 0; predicted < matrix.classes(); ++predicted) {
      most = std::max(most, matrix.count(truth, predicted));
    }
  }
  const double width = ruler.text_width(fmt::to_string(most), {.size = kText, .bold = true});
  const double size = kText * std::min(1.0, (cell - 2 * kAround) / width);
  return size < kLeast ? 0 : size;
}

Layout make_layout(const ConfusionMatrix& matrix, const std::vector<std::string>& classes) {
  // About 1600 pixels for many classes, unless their names could not be read.
  const double cell = std::clamp(1600 / std::max(static_cast<int>(classes.size()), 1), 10, 72);
  Canvas ruler(1, 1);
  const bool turned = std::ranges::any_of(classes, [&](const std::string& name) {
    return ruler.text_width(name, {.size = kLeastText}) > cell - 6;
  });
  return {.cell = cell,
          .top = turned ? 116 + kNameWidth : 130,
          .text = std::min(kText, 0.85 * cell),
          .numbers = size_of_numbers(ruler, matrix, cell),
          .turned = turned};
}

void draw_row(Canvas& canvas, const ConfusionMatrix& matrix, const Layout& layout,
              std::size_t truth) {
  const double y = layout.top + layout.side(truth);
  const double middle = y + layout.cell / 2;
  for (std::size_t predicted = 0; predicted < matrix.classes(); ++predicted) {
    const double x = kLeft + layout.side(predicted);
    const std::uint64_t count = matrix.count(truth, predicted);
    const double part = static_cast<double>(count) /
                        static_cast<double>(std::max<std::uint64_t>(matrix.images(truth), 1));
    const Colour colour = shade(part);
    canvas.rectangle(x, y, layout.cell, layout.cell, colour);
    if (count == 0 || layout.numbers == 0) continue;
    canvas.text(x + layout.cell / 2, middle, fmt::to_string(count),
                {.size = layout.numbers,
                 .align = Align::centre,
                 .bold = truth == predicted,
                 .colour = number_colour(colour)});
  }
  const auto accuracy = matrix.accuracy(truth);
  canvas.text(kLeft + layout.side(matrix.classes()) + 14, middle,
              accuracy ? fmt::format("{:.1f} %", *accuracy) : "–", {.size = layout.text});
}

void draw_names(Canvas& canvas, const Layout& layout, const std::vector<std::string>& classes) {
  const TextStyle row{.size = layout.text, .align = Align::right, .width = kNameWidth};
  TextStyle column{.size = layout.text, .align = Align::centre, .width = layout.cell - 6};
  if (layout.turned) {
    column = {.size = layout.text, .angle = -std::numbers::pi / 2, .width = kNameWidth};
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const double along = layout.side(i) + layout.cell / 2;
    canvas.text(kLeft - 10, layout.top + along, classes[i], row);
    canvas.text(kLeft + along, layout.top - 14, classes[i], column);
  }
}

/// The accuracy over all test images, in words.
std::string summary(const ConfusionMatrix& matrix) {
  std::uint64_t right = 0, all = 0;
  for (std::size_t truth = 0; truth < matrix.classes(); ++truth) {
    right += matrix.count(truth, truth);
    all += matrix.images(truth);
  }
  if (all == 0) return "there are no test images";
  return fmt::format("test accuracy {:.2f} % ({} of {} images)",
                     100 * static_cast<double>(right) / static_cast<double>(all), right, all);
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

std::optional<double> ConfusionMatrix::accuracy(std::size_t truth) const {
  const std::uint64_t all = images(truth);
  if (all == 0) return {};
  return 100 * static_cast<double>(count(truth, truth)) / static_cast<double>(all);
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
    const auto accuracy = matrix.accuracy(truth);
    text += accuracy ? fmt::format(",{:.2f}\n", *accuracy) : ",\n";
  }
  return text;
}

std::string confusion_png(const std::string& title, const ConfusionMatrix& matrix,
                          const std::vector<std::string>& classes) {
  const Layout layout = make_layout(matrix, classes);
  const double side = layout.side(matrix.classes());
  const double top = layout.top;
  const double width = std::max(kLeft + side + 110, kLeastWidth);
  Canvas canvas(static_cast<int>(width), static_cast<int>(top + side + 30));
  canvas.title(28, title);
  canvas.text(width / 2, 54, summary(matrix),
              {.size = kText, .align = Align::centre, .colour = kGrey, .width = width - 2 * kText});
  canvas.text(kLeft + side / 2, 86, "predicted", {.size = 15, .align = Align::centre});
  canvas.text(24, top + side / 2, "true",
              {.size = 15, .align = Align::centre, .angle = -std::numbers::pi / 2});
  canvas.text(kLeft + side + 14, top - 14, "accuracy", {.size = kText});
  for (std::size_t truth = 0; truth < matrix.classes(); ++truth) {
    draw_row(canvas, matrix, layout, truth);
  }
  for (std::size_t i = 1; i < matrix.classes(); ++i) {
    const double at = layout.side(i);
    canvas.line(kLeft, top + at, kLeft + side, top + at, kLightGrey);
    canvas.line(kLeft + at, top, kLeft + at, top + side, kLightGrey);
  }
  canvas.frame(kLeft, top, side, side, kGrey);
  draw_names(canvas, layout, classes);
  return canvas.png();
}

}  // namespace castnet
