// What a run's pictures show, and where: images over their captions, cells, curves and legends.
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "pixels.hpp"
#include "report/canvas.hpp"
#include "report/report.hpp"

using namespace castnet;
using test::Pixels;
using test::Region;

namespace {

constexpr std::uint32_t kTestBlue = 0x0072B2;
constexpr std::uint32_t kTrainOrange = 0xD55E00;

/// Whether a part of the picture has the pixels of a canvas of its size on which `draw` has drawn.
template <class Draw>
bool shows(const Pixels& picture, const Region& region, Draw draw) {
  Canvas canvas(picture.width(), picture.height());
  draw(canvas);
  const Pixels expected(canvas.png());
  bool something = false;
  for (int y = region.top; y < region.bottom; ++y) {
    for (int x = region.left; x < region.right; ++x) {
      if (picture.at(x, y) != expected.at(x, y)) return false;
      something = something || expected.at(x, y) != 0xFFFFFF;
    }
  }
  return something;
}

/// Twelve test images of two by two pixels, each of its own grey: image i of 20 i. Classes are of
/// names of unlike widths.
Split grey_images() {
  Split split;
  split.classes = {"i", "mmmm", "wwwwww"};
  split.test = {.channels = 1, .height = 2, .width = 2, .images = {}, .labels = {}};
  for (std::uint8_t i = 0; i < 12; ++i) {
    split.test.images.insert(split.test.images.end(), 4, static_cast<std::uint8_t>(20 * i));
    split.test.labels.push_back(i % 3);
  }
  return split;
}

/// Seven of them in an order of their own.
std::vector<report::Prediction> seven() {
  std::vector<report::Prediction> list;
  for (const std::size_t index : {7U, 2U, 11U, 4U, 9U, 1U, 3U}) {
    const Split split = grey_images();
    list.push_back({.index = index,
                    .truth = split.classes[index % 3],
                    .predicted = split.classes[(index + 1) % 3],
                    .probability = 0.5 + 0.01 * static_cast<double>(index),
                    .loss = 1});
  }
  return list;
}

// The grid: images of 192 pixels a side, 28 pixels apart, a caption of 52 pixels beneath each, and
// 12 pixels before the next row.
constexpr int kSide = 192, kGap = 28, kTop = 60, kBetweenRows = 52 + 12;

int left_of(std::size_t place) { return kGap + static_cast<int>(place % 5) * (kSide + kGap); }

}  // namespace

TEST_CASE("each misclassified image stands in its place, above its own caption",
          "[runtime][report]") {
  const auto list = seven();
  const Pixels picture(predictions_png("t", "none", grey_images(), list));
  for (std::size_t place = 0; place < list.size(); ++place) {
    const report::Prediction& one = list[place];
    INFO("place " << place << ", image " << one.index);
    const int left = left_of(place);
    const int top = kTop + static_cast<int>(place / 5) * (kSide + kBetweenRows);
    const auto grey = static_cast<std::uint32_t>(20 * one.index) * 0x010101;
    CHECK(picture.count(grey, {left, top, left + kSide, top + kSide}) == kSide * kSide);
    const int beneath = top + kSide;
    CHECK(shows(picture, {left - 10, beneath + 2, left + kSide + 10, beneath + 50},
                [&](Canvas& canvas) {
                  const double middle = left + kSide / 2.0;
                  canvas.text(middle, beneath + 15,
                              "\u2068" + one.truth + "\u2069 → \u2068" + one.predicted + "\u2069",
                              {.size = 15, .align = Align::centre, .bold = true});
                  const auto percent = std::to_string(50 + one.index) + ".0 %, test image ";
                  canvas.text(middle, beneath + 35, percent + std::to_string(one.index),
                              {.size = 13, .align = Align::centre, .colour = kGrey});
                }));
  }
  // The places behind the last are empty.
  const int below = kTop + kSide + kBetweenRows;
  CHECK(picture.ink({left_of(2) - 14, below, picture.width(), picture.height()}) == 0);
}

TEST_CASE("pixels of colour images keep their places and colours", "[runtime][report]") {
  Split split;
  split.classes = {"a", "b"};
  // Two rows of three pixels: reds, then greens, then blues.
  split.test = {.channels = 3,
                .height = 2,
                .width = 3,
                .images = {255, 0, 0, 10, 20, 30, 0, 255, 0, 40, 50, 60, 0, 0, 255, 70, 80, 90},
                .labels = {0}};
  const std::vector<report::Prediction> one{{0, "a", "b", 0.5, 1}};
  const Pixels picture(predictions_png("t", "none", split, one));
  const std::uint32_t colours[2][3] = {{0xFF0000, 0x00FF00, 0x0000FF},
                                       {0x0A2846, 0x143250, 0x1E3C5A}};
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 3; ++x) {
      const int left = kGap + 64 * x, top = kTop + 64 * y;
      CHECK(picture.count(colours[y][x], {left, top, left + 64, top + 64}) == 64 * 64);
    }
  }
  const Pixels alone(image_png(split.test, 0));
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 3; ++x) CHECK(alone.at(x, y) == colours[y][x]);
  }
}

TEST_CASE("each heat map lies over its own image", "[runtime][report]") {
  // The least heat is 0x440154, the most 0xFDE725; 60 % of them over 40 % of the image's grey.
  const auto list = seven();
  std::vector<HeatMap> maps;
  for (std::size_t i = 0; i < list.size(); ++i) {
    // The most in the upper half, but in the left half for the third image.
    maps.push_back(i == 2 ? HeatMap{2, 2, {1, 0, 1, 0}} : HeatMap{2, 2, {1, 1, 0, 0}});
  }
  const Pixels picture(predictions_png("t", "none", grey_images(), list, maps));
  const auto mixed = [](std::size_t index, const std::array<double, 3>& heat) {
    std::uint32_t colour = 0;
    for (const double part : heat) {
      const double value = 0.6 * part + 0.4 * 20.0 * static_cast<double>(index) / 255;
      colour = colour << 8 | static_cast<std::uint32_t>(std::lround(255 * value));
    }
    return colour;
  };
  const std::array<double, 3> least = {0.267, 0.005, 0.329}, most = {0.992, 0.906, 0.145};
  constexpr int kBetween = 6;
  for (std::size_t place = 0; place < list.size(); ++place) {
    INFO("place " << place);
    const int left = left_of(place);
    const int top = kTop + static_cast<int>(place / 5) * (2 * kSide + kBetween + kBetweenRows) +
                    kSide + kBetween;
    constexpr int kHalf = kSide / 2;
    const Region upper_left{left, top, left + kHalf, top + kHalf};
    const Region upper_right{left + kHalf, top, left + kSide, top + kHalf};
    const Region lower_left{left, top + kHalf, left + kHalf, top + kSide};
    const Region lower_right{left + kHalf, top + kHalf, left + kSide, top + kSide};
    const std::uint32_t hot = mixed(list[place].index, most);
    const std::uint32_t cold = mixed(list[place].index, least);
    CHECK(picture.count(hot, upper_left) == kHalf * kHalf);
    CHECK(picture.count(place == 2 ? cold : hot, upper_right) == kHalf * kHalf);
    CHECK(picture.count(place == 2 ? hot : cold, lower_left) == kHalf * kHalf);
    CHECK(picture.count(cold, lower_right) == kHalf * kHalf);
  }
}

TEST_CASE("a heat map has the sides of its image", "[runtime][report]") {
  Split split;
  split.classes = {"a", "b"};
  split.test = {.channels = 1, .height = 1, .width = 2, .images = {0, 0}, .labels = {0}};
  const std::vector<report::Prediction> one{{0, "a", "b", 0.5, 1}};
  const std::vector<HeatMap> maps{{1, 2, {1, 0}}};
  const Pixels picture(predictions_png("t", "none", split, one, maps));
  // Beneath the image of 192 by 96 pixels: 60 % of the most and of the least heat over black.
  const int top = kTop + 96 + 6;
  CHECK(picture.count(0x988B16, {kGap, top, kGap + 96, top + 96}) == 96 * 96);
  CHECK(picture.count(0x290132, {kGap + 96, top, kGap + 192, top + 96}) == 96 * 96);
}

TEST_CASE("of equal losses the first image comes first", "[runtime][report]") {
  const std::vector<report::Prediction> all{
      {0, "a", "b", 0.5, 1}, {1, "a", "b", 0.5, 3}, {2, "a", "b", 0.5, 3}, {3, "a", "b", 0.5, 1}};
  std::vector<std::size_t> order;
  for (const report::Prediction& one : worst_misclassified(all, 10)) order.push_back(one.index);
  CHECK(order == std::vector<std::size_t>{1, 2, 0, 3});
}

namespace {

/// Ten images of class a, of which three are taken for b; four of b, all taken for c; two of c, one
/// of which is taken for a.
struct Confused {
  Split split;
  Evaluation evaluation{16};

  Confused() {
    split.classes = {"a", "bb", "ccc"};
    const std::vector<std::pair<int, int>> rows = {{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0},
                                                   {0, 0}, {0, 1}, {0, 1}, {0, 1}, {1, 2}, {1, 2},
                                                   {1, 2}, {1, 2}, {2, 2}, {2, 0}};
    split.test = {.channels = 1, .height = 1, .width = 1, .images = {}, .labels = {}};
    split.test.images.resize(rows.size());
    evaluation.predicted.clear();
    for (const auto& [truth, predicted] : rows) {
      split.test.labels.push_back(static_cast<std::uint8_t>(truth));
      evaluation.predicted.push_back(predicted);
    }
  }
};

}  // namespace

TEST_CASE("a confusion matrix has true classes in rows, predicted ones in columns",
          "[runtime][report]") {
  const Confused confused;
  const ConfusionMatrix matrix(confused.split, confused.evaluation);
  const Pixels picture(confusion_png("t", matrix, confused.split.classes));
  // Cells of 72 pixels from (150, 130) on, shaded by their share of the true class: white, over
  // blue at 0.6, to a dark blue at 1.
  const double shares[3][3] = {{0.7, 0.3, 0}, {0, 0, 1}, {0.5, 0, 0.5}};
  const auto shade = [](double share) {
    const double white[] = {1, 1, 1}, blue[] = {0, 0.447, 0.698}, dark[] = {0, 0.22, 0.4};
    std::uint32_t colour = 0;
    for (int k = 0; k < 3; ++k) {
      const double part = share < 0.6 ? white[k] + (blue[k] - white[k]) * share / 0.6
                                      : blue[k] + (dark[k] - blue[k]) * (share - 0.6) / 0.4;
      colour = colour << 8 | static_cast<std::uint32_t>(std::lround(255 * part));
    }
    return colour;
  };
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      INFO("row " << row << ", column " << column);
      const int left = 150 + 72 * column, top = 130 + 72 * row;
      const std::uint32_t colour = shade(shares[row][column]);
      CHECK(picture.count(colour, {left + 3, top + 3, left + 69, top + 12}) == 66 * 9);
    }
  }
  const auto names_and_numbers = [&](Canvas& canvas) {
    for (int i = 0; i < 3; ++i) {
      const double along = 72 * i + 36;
      const std::string& name = confused.split.classes[static_cast<std::size_t>(i)];
      canvas.text(140, 130 + along, name, {.size = 14, .align = Align::right});
      canvas.text(150 + along, 116, name, {.size = 14, .align = Align::centre});
      const char* const accuracies[] = {"70.0 %", "0.0 %", "50.0 %"};
      canvas.text(150 + 3 * 72 + 14, 130 + along, accuracies[i], {.size = 14});
    }
  };
  CHECK(shows(picture, {60, 130, 146, 345}, names_and_numbers));
  CHECK(shows(picture, {150, 108, 366, 126}, names_and_numbers));
  CHECK(shows(picture, {370, 130, 440, 345}, names_and_numbers));
}

namespace {

/// Four epochs whose figures are unlike, with the axes' ends among them: losses of 0 and 6,
/// accuracies of 0 and 60.
std::vector<EpochRow> unlike_epochs() {
  const double train_losses[] = {6, 4.5, 2.5, 1.5}, test_losses[] = {5, 3.5, 0, 2};
  std::vector<EpochRow> rows;
  for (int i = 0; i < 4; ++i) {
    EpochRow& row = rows.emplace_back();
    row.epoch = i + 1;
    row.train_loss = train_losses[i];
    row.test_loss = test_losses[i];
    row.train_accuracy = 60 - 10 * train_losses[i];
    row.test_accuracy = 60 - 9 * test_losses[i];
  }
  return rows;
}

}  // namespace

TEST_CASE("curves run through their own figures", "[runtime][report]") {
  const auto rows = unlike_epochs();
  const Pixels picture(curves_png("t", rows, "test"));
  // Panels of 500 by 365 pixels: marks of 3 pixels at each epoch's place.
  const auto marked = [&](int left, std::size_t epoch, double value, double most,
                          std::uint32_t colour) {
    const int x = left + static_cast<int>(std::lround(500 * static_cast<double>(epoch) / 3));
    const int y = 70 + static_cast<int>(std::lround(365 * (most - value) / most));
    return picture.count(colour, {x - 2, y - 2, x + 2, y + 2}) >= 10;
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("epoch " << i + 1);
    CHECK(marked(80, i, rows[i].train_loss, 6, kTrainOrange));
    CHECK(marked(80, i, rows[i].test_loss, 6, kTestBlue));
    CHECK(marked(680, i, rows[i].train_accuracy, 60, kTrainOrange));
    CHECK(marked(680, i, rows[i].test_accuracy, 60, kTestBlue));
  }
  // The test's line is solid, the training's is not: along the legend's samples.
  for (const int left : {80, 680}) {
    CHECK(picture.count(kTrainOrange, {left, 55, left + 36, 57}) < 60);
    CHECK(picture.count(kTrainOrange, {left, 55, left + 36, 57}) > 30);
  }
  // Above each panel stand the last epoch's figures.
  const std::pair<int, std::pair<const char*, const char*>> legends[] = {
      {80, {"train 1.5000", "test 2.0000"}}, {680, {"train 45.00 %", "test 42.00 %"}}};
  for (const auto& [left, texts] : legends) {
    const auto legend = [&, x = left, &train = texts.first, &test = texts.second](Canvas& canvas) {
      canvas.text(x + 44, 56, train, {});
      canvas.text(x + 44 + canvas.text_width(train, {}) + 28 + 44, 56, test, {});
    };
    Canvas ruler(1, 1);
    const int second = left + 44 + static_cast<int>(ruler.text_width(texts.first, {})) + 28;
    CHECK(shows(picture, {left + 38, 48, second - 4, 64}, legend));
    CHECK(shows(picture, {second + 40, 48, left + 400, 64}, legend));
    CHECK(picture.count(kTestBlue, {second + 1, 55, second + 36, 57}) >= 66);
  }
}
