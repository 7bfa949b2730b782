#include <fmt/format.h>

#include <algorithm>

#include "report/canvas.hpp"
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
void draw_image(Canvas& canvas, const DataSet& set, std::size_t index, double left, double top,
                int side) {
  for (int y = 0; y < set.height; ++y) {
    for (int x = 0; x < set.width; ++x) {
      canvas.rectangle(left + x * side, top + y * side, side, side, pixel(set, index, y, x));
    }
  }
}

void draw_caption(Canvas& canvas, const report::Prediction& image, double middle, double top,
                  double width) {
  const std::string names = fmt::format("{} → {}", image.truth, image.predicted);
  TextStyle style{.size = 15, .align = Align::centre, .bold = true};
  style.size = canvas.fitting_size(names, style, width + kGap - 8);
  canvas.text(middle, top + 15, names, style);
  canvas.text(middle, top + 35,
              fmt::format("{:.1f} %, test image {}", 100 * image.probability, image.index),
              {.size = 13, .align = Align::centre, .colour = kGrey});
}

}  // namespace

std::vector<report::Prediction> predictions(const Split& split, const Evaluation& evaluation) {
  std::vector<report::Prediction> all;
  for (std::size_t i = 0; i < split.test.size(); ++i) {
    all.push_back({.index = i,
                   .truth = split.classes[split.test.labels[i]],
                   .predicted = split.classes[static_cast<std::size_t>(evaluation.predicted[i])],
                   .probability = evaluation.probability[i],
                   .loss = evaluation.losses[i]});
  }
  return all;
}

std::vector<report::Prediction> worst_misclassified(std::vector<report::Prediction> predictions,
                                                    std::size_t most) {
  std::erase_if(predictions, [](const report::Prediction& one) { return !one.wrong(); });
  report::sort_by_loss(predictions);
  predictions.resize(std::min(predictions.size(), most));
  return predictions;
}

std::string predictions_png(const std::string& heading, const std::string& none, const Split& split,
                            const std::vector<report::Prediction>& predictions) {
  const double width = split.test.width * zoom(split.test);
  const double height = split.test.height * zoom(split.test);
  const double total = kGap + kGridColumns * (width + kGap);
  Canvas canvas(static_cast<int>(total),
                static_cast<int>(kTitle + kGridRows * (height + kCaption + 12)));
  TextStyle style{.size = 18, .align = Align::centre, .bold = true};
  style.size = canvas.fitting_size(heading, style, total - 2 * kGap);
  canvas.text(total / 2, 30, heading, style);
  for (std::size_t i = 0; i < std::min(predictions.size(), kGridColumns * kGridRows); ++i) {
    const double left = kGap + static_cast<double>(i % kGridColumns) * (width + kGap);
    const double top = kTitle + static_cast<double>(i / kGridColumns) * (height + kCaption + 12);
    draw_image(canvas, split.test, predictions[i].index, left, top, zoom(split.test));
    draw_caption(canvas, predictions[i], left + width / 2, top + height, width);
  }
  if (predictions.empty()) {
    canvas.text(total / 2, kTitle + height, none,
                {.size = 16, .align = Align::centre, .colour = kGrey});
  }
  return canvas.png();
}

std::string image_png(const DataSet& set, std::size_t index) {
  Canvas canvas(set.width, set.height);
  draw_image(canvas, set, index, 0, 0, 1);
  return canvas.png();
}

}  // namespace castnet
