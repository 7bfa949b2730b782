#include <fmt/format.h>

#include <algorithm>

#include "report/canvas.hpp"
#include "report/csv.hpp"
#include "report/report.hpp"

namespace castnet {
namespace {

constexpr double kPicture = 192;  // about: an image is enlarged to this by a whole factor
constexpr double kGap = 28;
constexpr double kCaption = 52;
constexpr double kTitle = 60;

int zoom(const DataSet& set) {
  return std::max(4, static_cast<int>(kPicture) / std::max(set.width, set.height));
}

/// One channel shows as grey, more as red, green and blue.
Colour pixel(const DataSet& set, std::size_t index, int y, int x) {
  const auto image = set.image(index);
  const auto value = [&](int channel) {
    const int place = (channel * set.height + y) * set.width + x;
    return image[static_cast<std::size_t>(place)] / 255.0;
  };
  if (set.channels < 3) return {value(0), value(0), value(0)};
  return {value(0), value(1), value(2)};
}

// Whole squares instead of a scaled image: nothing can blur them.
void draw_image(Canvas& canvas, const DataSet& set, std::size_t index, double left, double top) {
  const int side = zoom(set);
  for (int y = 0; y < set.height; ++y) {
    for (int x = 0; x < set.width; ++x) {
      canvas.rectangle(left + x * side, top + y * side, side, side, pixel(set, index, y, x));
    }
  }
}

void draw_caption(Canvas& canvas, const Misclassified& image,
                  const std::vector<std::string>& classes, double middle, double top,
                  double width) {
  const std::string names = fmt::format("{} → {}", classes[image.truth], classes[image.predicted]);
  TextStyle style{.size = 15, .align = Align::centre, .bold = true};
  style.size = canvas.fitting_size(names, style, width + kGap - 8);
  canvas.text(middle, top + 15, names, style);
  canvas.text(middle, top + 35,
              fmt::format("{:.1f} %, test image {}", 100 * image.probability, image.index),
              {.size = 13, .align = Align::centre, .colour = kGrey});
}

}  // namespace

std::vector<Misclassified> worst_misclassified(const Split& split, const Evaluation& evaluation,
                                               std::size_t most) {
  std::vector<Misclassified> wrong;
  for (std::size_t i = 0; i < split.test.size(); ++i) {
    const auto predicted = static_cast<std::size_t>(evaluation.predicted[i]);
    if (predicted == split.test.labels[i]) continue;
    wrong.push_back({.index = i,
                     .truth = split.test.labels[i],
                     .predicted = predicted,
                     .probability = evaluation.probability[i],
                     .loss = evaluation.losses[i]});
  }
  std::stable_sort(wrong.begin(), wrong.end(),
                   [](const Misclassified& a, const Misclassified& b) { return a.loss > b.loss; });
  wrong.resize(std::min(wrong.size(), most));
  return wrong;
}

std::string misclassified_csv(const std::vector<Misclassified>& wrong,
                              const std::vector<std::string>& classes) {
  std::string text = "index,true,predicted,probability,loss\n";
  for (const Misclassified& image : wrong) {
    text += fmt::format("{},{},{},{:.6f},{:.6f}\n", image.index, csv_cell(classes[image.truth]),
                        csv_cell(classes[image.predicted]), image.probability, image.loss);
  }
  return text;
}

std::string misclassified_png(const std::string& title, const Split& split,
                              const std::vector<Misclassified>& wrong) {
  const double width = split.test.width * zoom(split.test);
  const double height = split.test.height * zoom(split.test);
  const double total = kGap + kGridColumns * (width + kGap);
  Canvas canvas(static_cast<int>(total),
                static_cast<int>(kTitle + kGridRows * (height + kCaption + 12)));
  TextStyle style{.size = 18, .align = Align::centre, .bold = true};
  const std::string heading = title + ": misclassified test images, true → predicted";
  style.size = canvas.fitting_size(heading, style, total - 2 * kGap);
  canvas.text(total / 2, 30, heading, style);
  for (std::size_t i = 0; i < std::min(wrong.size(), kGridColumns * kGridRows); ++i) {
    const double left = kGap + static_cast<double>(i % kGridColumns) * (width + kGap);
    const double top = kTitle + static_cast<double>(i / kGridColumns) * (height + kCaption + 12);
    draw_image(canvas, split.test, wrong[i].index, left, top);
    draw_caption(canvas, wrong[i], split.classes, left + width / 2, top + height, width);
  }
  if (wrong.empty()) {
    canvas.text(total / 2, kTitle + height, "every test image is classified correctly",
                {.size = 16, .align = Align::centre, .colour = kGrey});
  }
  return canvas.png();
}

}  // namespace castnet
