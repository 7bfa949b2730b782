#include <fmt/format.h>

#include <algorithm>

#include "report/canvas.hpp"
#include "report/heat_map.hpp"
#include "report/report.hpp"

namespace castnet {
namespace {

constexpr int kPicture = 192;  // about: a smaller image is enlarged to this by a whole factor
constexpr int kColumn = 160;   // at least: beneath a narrow image, too, stands its caption
constexpr double kGap = 28;
constexpr double kCaption = 52;
constexpr double kTitle = 60;
constexpr double kBetween = 6;  // an image and its heat map
constexpr double kKey = 44;     // the heat maps' colours

/// The side of a pixel.
int zoom(const DataSet& set) { return std::max(1, kPicture / std::max(set.width, set.height)); }

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

void draw_image(Canvas& canvas, const DataSet& set, std::size_t index, double left, double top,
                int side) {
  std::vector<std::uint32_t> pixels;
  for (int y = 0; y < set.height; ++y) {
    for (int x = 0; x < set.width; ++x) pixels.push_back(packed(pixel(set, index, y, x)));
  }
  canvas.image(left, top, pixels, set.width, side);
}

/// The image in grey under the map's colours.
void draw_heat(Canvas& canvas, const DataSet& set, std::size_t index, const HeatMap& map,
               double left, double top, int side) {
  constexpr double kOpacity = 0.6;
  const HeatMap whole = scaled(map, set.height, set.width);
  auto value = whole.values.begin();
  std::vector<std::uint32_t> pixels;
  for (int y = 0; y < set.height; ++y) {
    for (int x = 0; x < set.width; ++x) {
      const Colour image = pixel(set, index, y, x);
      const double grey =
          (1 - kOpacity) * (0.299 * image.red + 0.587 * image.green + 0.114 * image.blue);
      const Colour heat = heat_colour(*value++);
      pixels.push_back(packed(
          {grey + kOpacity * heat.red, grey + kOpacity * heat.green, grey + kOpacity * heat.blue}));
    }
  }
  canvas.image(left, top, pixels, set.width, side);
}

void draw_key(Canvas& canvas, double middle, double top) {
  constexpr int kSteps = 120, kStep = 2;
  const double left = middle - kSteps * kStep / 2.0;
  for (int i = 0; i < kSteps; ++i) {
    canvas.rectangle(left + i * kStep, top, kStep, 12, heat_colour(i / (kSteps - 1.0)));
  }
  const TextStyle style{.size = 13, .align = Align::right, .colour = kGrey};
  canvas.text(left - 8, top + 6, "nothing for the predicted class", style);
  canvas.text(left + kSteps * kStep + 8, top + 6, "the most in this image",
              {.size = 13, .colour = kGrey});
}

/// Unicode's first strong isolate. It keeps a name that is written from right to left from
/// reversing the caption.
std::string isolated(const std::string& name) { return "\u2068" + name + "\u2069"; }

void draw_caption(Canvas& canvas, const report::Prediction& image, std::string_view evaluated,
                  double middle, double top, double width) {
  canvas.text(middle, top + 15,
              fmt::format("{} → {}", isolated(image.truth), isolated(image.predicted)),
              {.size = 15, .align = Align::centre, .bold = true, .width = width});
  canvas.text(middle, top + 35,
              fmt::format("{:.1f} %, {} image {}", 100 * image.probability, evaluated, image.index),
              {.size = 13, .align = Align::centre, .colour = kGrey, .width = width});
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
                            const std::vector<report::Prediction>& predictions,
                            std::span<const HeatMap> maps) {
  const int side = zoom(split.test);
  const int width = split.test.width * side;
  const int height = split.test.height * side;
  const int column = std::max(width, kColumn);
  const double below = maps.empty() ? 0 : kBetween + height;
  const double row = height + below + kCaption + 12;
  const double total = kGap + kGridColumns * (column + kGap);
  const double bottom = kTitle + kGridRows * row;
  Canvas canvas(static_cast<int>(total), static_cast<int>(bottom + (maps.empty() ? 0 : kKey)));
  canvas.title(30, heading);
  for (std::size_t i = 0; i < std::min(predictions.size(), kGridColumns * kGridRows); ++i) {
    const report::Prediction& one = predictions[i];
    const double middle =
        kGap + column / 2 + static_cast<double>(i % kGridColumns) * (column + kGap);
    const double left = middle - width / 2;  // whole, so that pixels are sharp
    const double top = kTitle + static_cast<double>(i / kGridColumns) * row;
    draw_image(canvas, split.test, one.index, left, top, side);
    if (i < maps.size()) {
      draw_heat(canvas, split.test, one.index, maps[i], left, top + height + kBetween, side);
    }
    draw_caption(canvas, one, evaluated_word(split), middle, top + height + below,
                 column + kGap - 8);
  }
  if (!maps.empty()) draw_key(canvas, total / 2, bottom + 8);
  if (predictions.empty()) {
    canvas.text(total / 2, kTitle + height, none,
                {.size = 16, .align = Align::centre, .colour = kGrey, .width = total - 2 * kGap});
  }
  return canvas.png();
}

std::string image_png(const DataSet& set, std::size_t index) {
  Canvas canvas(set.width, set.height);
  draw_image(canvas, set, index, 0, 0, 1);
  return canvas.png();
}

}  // namespace castnet
