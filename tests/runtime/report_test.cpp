#include "report/report.hpp"

#include <string>
#include <vector>

#include "../catch.hpp"
#include "pixels.hpp"
#include "report/api/castnet_report/confusion.hpp"
#include "report/canvas.hpp"
#include "temporary_folder.hpp"

using namespace castnet;
using test::Pixels;

namespace {

/// Three test images of two classes; image 0 is right, 1 and 2 are wrong.
Split tiny_split() {
  Split split;
  split.classes = {"cat", "dog, big"};
  split.test = {.channels = 1, .height = 2, .width = 2, .images = {}, .labels = {0, 1, 0}};
  split.test.images.resize(12, 128);
  return split;
}

Evaluation tiny_evaluation() {
  Evaluation evaluation(3);
  evaluation.predicted = {0, 0, 1};
  evaluation.probability = {0.9F, 0.75F, 0.5F};
  evaluation.losses = {0.1F, 1.5F, 2.5F};
  return evaluation;
}

std::pair<int, int> png_size(const std::string& png) {
  const Pixels pixels(png);
  return {pixels.width(), pixels.height()};
}

/// The cell of a class that is always taken for the same one.
constexpr std::uint32_t kCertain = 0x003866;

/// As many test images of these classes as labels, each predicted as the next class.
struct Wrong {
  Split split;
  Evaluation evaluation;

  Wrong(const std::vector<std::string>& classes, std::vector<std::uint8_t> labels, int height,
        int width)
      : evaluation(labels.size()) {
    split.classes = classes;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      evaluation.predicted[i] = static_cast<int>((labels[i] + 1U) % classes.size());
    }
    split.test = {.channels = 1,
                  .height = height,
                  .width = width,
                  .images = std::vector<std::uint8_t>(
                      labels.size() * static_cast<std::size_t>(height * width), 128),
                  .labels = std::move(labels)};
  }

  Pixels confusion(const std::string& title) const {
    return Pixels(confusion_png(title, {split, evaluation}, split.classes));
  }
  Pixels images() const {
    return Pixels(predictions_png("t", "none", split, predictions(split, evaluation)));
  }
};

}  // namespace

TEST_CASE("the confusion matrix counts true against predicted", "[runtime][report]") {
  const Split split = tiny_split();
  const ConfusionMatrix matrix(split, tiny_evaluation());
  CHECK(matrix.count(0, 0) == 1);
  CHECK(matrix.count(0, 1) == 1);
  CHECK(matrix.count(1, 0) == 1);
  CHECK(matrix.accuracy(0) == 50);
  CHECK(matrix.accuracy(1) == 0);
  CHECK(confusion_csv(matrix, split.classes) ==
        "true,cat,\"dog, big\",accuracy\ncat,1,1,50.00\n\"dog, big\",1,0,0.00\n");
  CHECK(confusion_png("t", matrix, split.classes).substr(1, 3) == "PNG");
}

TEST_CASE("a class without test images has no accuracy", "[runtime][report]") {
  const Wrong two({"a", "b", "c"}, {0, 1}, 1, 1);
  const ConfusionMatrix matrix(two.split, two.evaluation);
  CHECK(matrix.accuracy(1) == 0.0);
  CHECK_FALSE(matrix.accuracy(2).has_value());
  const std::string text = confusion_csv(matrix, two.split.classes);
  CHECK(text == "true,a,b,c,accuracy\na,0,1,0,0.00\nb,0,0,1,0.00\nc,0,0,0,\n");
  CHECK(report::parse_confusion(text).accuracy ==
        std::vector<std::optional<double>>{0.0, 0.0, std::nullopt});
  const Pixels picture = two.confusion("t");
  const auto accuracy = [&](int row) {  // right of three cells of 72 pixels
    return picture.ink({150 + 3 * 72 + 10, 130 + row * 72, picture.width(), 130 + row * 72 + 72});
  };
  CHECK(accuracy(0) == accuracy(1));
  CHECK(accuracy(2) > 0);  // a dash
  CHECK(4 * accuracy(2) < accuracy(0));
}

TEST_CASE("every number of a confusion matrix can be read on its cell", "[runtime][report]") {
  constexpr int kImages = 50;  // of each class; class i is right i times
  std::vector<std::string> classes;
  for (int i = 0; i <= kImages; ++i) classes.push_back(std::to_string(i));
  Wrong many(classes, std::vector<std::uint8_t>(51 * kImages), 1, 1);
  for (std::size_t i = 0; i < many.split.test.size(); ++i) {
    const auto truth = static_cast<int>(i / kImages);
    many.split.test.labels[i] = static_cast<std::uint8_t>(truth);
    const bool right = static_cast<int>(i % kImages) < truth;
    many.evaluation.predicted[i] = right ? truth : (truth + 1) % 51;
  }
  const Pixels picture = many.confusion("t");
  constexpr int kCell = 1600 / 51;
  const int top = picture.height() - 30 - 51 * kCell;
  const auto colour = [&](int x, int y) {
    const std::uint32_t pixel = picture.at(x, y);
    return Colour{(pixel >> 16) / 255.0, (pixel >> 8 & 0xFF) / 255.0, (pixel & 0xFF) / 255.0};
  };
  for (int i = 1; i <= kImages; ++i) {
    const int x = 150 + i * kCell, y = top + i * kCell;
    double most = 0;
    for (int place = 0; place < 20 * 20; ++place) {
      most = std::max(
          most, contrast(colour(x + 3, y + 3), colour(x + 6 + place % 20, y + 6 + place / 20)));
    }
    INFO(i << " of " << kImages);
    CHECK(most >= 4.5);
  }
}

TEST_CASE("a confusion matrix says how many images are right", "[runtime][report]") {
  // Between the title and "predicted"; digits are equally wide.
  const auto line = [](const Wrong& wrong) {
    const Pixels picture = wrong.confusion("t");
    int left = picture.width(), right = 0;
    for (int x = 0; x < picture.width(); ++x) {
      if (picture.ink({x, 44, x + 1, 64}) == 0) continue;
      left = std::min(left, x);
      right = x;
    }
    return right - left;
  };
  const auto wide = [](const std::string& text) {
    Canvas ruler(1, 1);
    return ruler.text_width(text, {.size = 14});
  };
  const Wrong two({"a", "b"}, {0, 1}, 1, 1);
  CHECK(line(two) == Approx(wide("test accuracy 0.00 % (0 of 2 images)")).margin(4));
  Wrong right({"a", "b"}, {0, 1, 1}, 1, 1);
  right.evaluation.predicted = {0, 1, 0};
  CHECK(line(right) == Approx(wide("test accuracy 66.67 % (2 of 3 images)")).margin(4));
  CHECK(line(Wrong({"a", "b"}, {}, 1, 1)) == Approx(wide("there are no test images")).margin(4));
}

TEST_CASE("long names in a confusion matrix leave the others as they are", "[runtime][report]") {
  const std::string name(200, 'n');
  const Pixels usual = Wrong({"cat", "dog"}, {0, 1}, 1, 1).confusion("t");
  const Pixels with = Wrong({"cat", name}, {0, 1}, 1, 1).confusion(name);
  CHECK(with.width() == usual.width());
  const int lower = with.height() - usual.height();  // the columns' names are turned
  CHECK(lower > 0);
  const test::Region row{40, 130, 150, 202};
  const test::Region lower_row{row.left, row.top + lower, row.right, row.bottom + lower};
  CHECK(usual.ink(row) > 30);
  CHECK(with.ink(lower_row) == usual.ink(row));
  CHECK(with.ink({150, 110, 222, 130 + lower - 1}) > 30);  // "cat", upwards
  // Title and names end within the picture.
  CHECK(with.ink({0, 0, 12, with.height()}) == 0);
  CHECK(with.ink({with.width() - 12, 0, with.width(), with.height()}) == 0);
}

TEST_CASE("pictures of many classes and of large images stay small", "[runtime][report]") {
  std::vector<std::string> classes;
  for (int i = 0; i < 200; ++i) classes.push_back("class " + std::to_string(i));
  const Pixels matrix = Wrong(classes, {0, 7}, 1, 1).confusion("t");
  CHECK(matrix.width() < 2400);
  CHECK(matrix.height() < 2400);
  CHECK(matrix.count(kCertain) == 2 * 8 * 8);  // cells of ten pixels, with lines between them
  const Pixels images = Wrong({"a", "b"}, {0}, 1000, 600).images();
  CHECK(images.count(0x808080, {28, 60, 28 + 600, 60 + 1000}) == 1000 * 600);
  CHECK(images.width() < 5 * 640);
}

TEST_CASE("captions keep to their columns, however narrow the images", "[runtime][report]") {
  for (const int width : {1, 8, 64}) {
    const Pixels images =
        Wrong({"a class with a long name", "b"}, std::vector<std::uint8_t>(10), 64, width).images();
    const int column = (images.width() - 28) / 5;  // with the gap before it
    for (int i = 0; i <= 5; ++i) {
      const int between = 14 + i * column;
      CHECK(images.ink({between - 2, 60, between + 2, images.height()}) == 0);
    }
    CHECK(column >= 150);  // room for legible letters
  }
}

TEST_CASE("a small image's pixels are squares", "[runtime][report]") {
  Wrong two({"a", "b"}, {0}, 2, 3);
  two.split.test.images = {10, 20, 30, 40, 50, 60};
  const Pixels picture = two.images();
  for (const std::uint32_t grey : two.split.test.images) {
    CHECK(picture.count(grey * 0x010101, {28, 60, 28 + 192, 60 + 128}) == 64 * 64);
  }
}

TEST_CASE("the confusion matrix reads back", "[runtime][report]") {
  const Split split = tiny_split();
  const std::string text = confusion_csv({split, tiny_evaluation()}, split.classes);
  const report::Confusion back = report::parse_confusion(text);
  CHECK(back.classes == split.classes);
  CHECK(back.counts == std::vector<std::vector<std::uint64_t>>{{1, 1}, {1, 0}});
  CHECK(back.accuracy == std::vector<std::optional<double>>{50.0, 0.0});
  for (const std::string& damaged :
       {std::string(), text.substr(0, text.rfind('"')), text + "more,1,1,50\n",
        std::string("true,a,accuracy\na,-1,0\n"), std::string("true,a,accuracy\na,1\n"),
        std::string("truth,a,accuracy\na,1,100\n")}) {
    INFO(damaged);
    CHECK_THROWS_AS(report::parse_confusion(damaged), std::runtime_error);
  }
}

TEST_CASE("misclassified images are listed by loss", "[runtime][report]") {
  const Split split = tiny_split();
  const auto all = predictions(split, tiny_evaluation());
  const auto wrong = worst_misclassified(all, 10);
  CHECK(report::predictions_csv(wrong) ==
        "index,true,predicted,probability,loss\n2,cat,\"dog, big\",0.5,2.5\n"
        "1,\"dog, big\",cat,0.75,1.5\n");
  CHECK(worst_misclassified(all, 1).size() == 1);
  CHECK(predictions_png("t", "none", split, wrong).substr(1, 3) == "PNG");
  CHECK(predictions_png("t", "none", split, {}).substr(1, 3) == "PNG");
}

TEST_CASE("heat maps lie beneath their images", "[runtime][report]") {
  const Split split = tiny_split();
  const auto wrong = worst_misclassified(predictions(split, tiny_evaluation()), 10);
  const std::vector<HeatMap> maps{{1, 2, {0, 1}}, {1, 2, {1, 0}}};
  const auto draw = [&](const std::vector<HeatMap>& drawn) {
    return predictions_png("t", "none", split, wrong, drawn);
  };
  const auto plain = png_size(draw({})), with = png_size(draw(maps));
  CHECK(with.first == plain.first);
  CHECK(with.second > plain.second + 2 * 2 * 96);  // two rows of images that are 192 pixels high
  CHECK(draw(maps) == draw(maps));
  CHECK(draw(maps) != draw({maps[1], maps[0]}));
}

TEST_CASE("predictions are of all images, and read back", "[runtime][report]") {
  const Split split = tiny_split();
  const std::string text = report::predictions_csv(predictions(split, tiny_evaluation()));
  CHECK(text ==
        "index,true,predicted,probability,loss\n0,cat,cat,0.9,0.1\n"
        "1,\"dog, big\",cat,0.75,1.5\n2,cat,\"dog, big\",0.5,2.5\n");
  const auto back = report::parse_predictions(text);
  CHECK(report::predictions_csv(back) == text);
  CHECK(back.at(0).probability == 0.9F);  // to the bit
  CHECK(back.at(1).truth == "dog, big");
  CHECK(back.at(1).wrong());
  CHECK_FALSE(back.at(0).wrong());
  CHECK_THROWS_AS(report::parse_predictions("index,true\n"), std::runtime_error);
  CHECK_THROWS_AS(report::parse_predictions(text + "3,cat,cat,0.5\n"), std::runtime_error);
  CHECK_THROWS_AS(report::parse_predictions(text + "x,cat,cat,0.5,1\n"), std::runtime_error);
  CHECK_THROWS_AS(report::parse_predictions(text + "3,cat,cat,0.5,1,0.5\n"), std::runtime_error);
}

TEST_CASE("predictions may have the probabilities of all classes", "[runtime][report]") {
  const std::vector<report::Prediction> all{{7, "a", "b,c", 0.75, 1.5, {0.25, 0.75}}};
  const std::string text = report::predictions_csv(all, std::vector<std::string>{"a", "b,c"});
  CHECK(text ==
        "index,true,predicted,probability,loss,a,\"b,c\"\n"
        "7,a,\"b,c\",0.75,1.5,0.25,0.75\n");
  const auto back = report::parse_predictions(text);
  CHECK(back.at(0).probabilities == std::vector{0.25, 0.75});
  CHECK(report::predictions_csv(back, std::vector<std::string>{"a", "b,c"}) == text);
  CHECK_THROWS_AS(report::parse_predictions(text + "3,a,a,0.5,1,0.5\n"), std::runtime_error);
}

TEST_CASE("a single image keeps its size and its pixels", "[runtime][report]") {
  DataSet set{.channels = 3, .height = 2, .width = 3, .images = {}, .labels = {0}};
  for (int i = 0; i < 18; ++i) set.images.push_back(static_cast<std::uint8_t>(10 * i));
  const std::string png = image_png(set, 0);
  CHECK(png_size(png) == std::pair(3, 2));
  const test::TemporaryFolder folder;
  for (const char* half : {"train", "test"}) folder.write(std::string(half) + "/a/0.png", png);
  CHECK(read_image_folder(folder.path(), {3, 2, 3}).test.images == set.images);
}

TEST_CASE("images that one network alone gets wrong", "[runtime][report]") {
  const auto network = [](const std::string& predicted) {
    std::vector<report::Prediction> all;
    for (std::size_t i = 0; i < predicted.size(); ++i) {
      all.push_back({i, "a", std::string(1, predicted[i]), 0.5, static_cast<double>(i)});
    }
    return all;
  };
  std::vector networks{network("abba"), network("aaba"), network("bbcb")};
  const auto indices = [&](std::size_t which) {
    std::vector<std::size_t> found;
    for (const auto& one : report::wrong_only_in(networks, which)) found.push_back(one.index);
    return found;
  };
  CHECK(indices(0).empty());
  CHECK(indices(1).empty());
  CHECK(indices(2) == std::vector<std::size_t>{3, 0});  // highest loss first
  networks.pop_back();
  CHECK(indices(0) == std::vector<std::size_t>{1});
  networks.push_back(network("aaa"));
  CHECK_THROWS_AS(report::wrong_only_in(networks, 0), std::runtime_error);
}

TEST_CASE("curves are drawn for none, one and many epochs", "[runtime][report]") {
  std::vector<EpochRow> rows;
  for (int epoch = 0; epoch <= 3; ++epoch) {
    CHECK(png_size(curves_png("title", rows, "test")) == std::pair(1200, 500));
    rows.push_back({.epoch = epoch + 1,
                    .step = 1,
                    .rate = 1,
                    .train_loss = 2,
                    .train_accuracy = 10,
                    .test_loss = 2,
                    .test_accuracy = 10,
                    .seconds = 1,
                    .images_per_second = 1,
                    .weights_sha256 = {}});
  }
}

namespace {

/// Rows with these losses, equal in training and on the test set.
std::vector<EpochRow> rows_of(const std::vector<double>& losses) {
  std::vector<EpochRow> rows;
  for (const double loss : losses) {
    rows.push_back({.epoch = static_cast<int>(rows.size()) + 1,
                    .step = 1,
                    .rate = 1,
                    .train_loss = loss,
                    .train_accuracy = 10,
                    .test_loss = loss,
                    .test_accuracy = 10,
                    .seconds = 1,
                    .images_per_second = 1,
                    .weights_sha256 = {}});
  }
  return rows;
}

}  // namespace

TEST_CASE("one epoch has one tick and one mark", "[runtime][report]") {
  const Pixels picture(curves_png("t", rows_of({2}), "test"));
  constexpr int kBottom = 70 + 365;
  CHECK(picture.ink({70, kBottom + 6, 300, kBottom + 30}) == 0);   // no epoch 0
  CHECK(picture.ink({320, kBottom + 6, 340, kBottom + 30}) > 0);   // epoch 1
  CHECK(picture.ink({360, kBottom + 6, 590, kBottom + 30}) == 0);  // no epoch 2
  CHECK(picture.count(0x0072B2, {320, 70, 340, kBottom}) > 10);
}

TEST_CASE("a loss that explodes leaves the others readable", "[runtime][report]") {
  const auto usual = rows_of({2.5, 2, 1.5, 1.25, 1, 1});
  auto burst = usual;
  burst[3].train_loss = burst[3].test_loss = 5e13;
  const Pixels before(curves_png("t", usual, "test")), after(curves_png("t", burst, "test"));
  const test::Region first{81, 70, 250, 435}, burst_top{370, 60, 390, 76}, labels{30, 60, 78, 445};
  CHECK(after.count(0x0072B2, first) == before.count(0x0072B2, first));
  CHECK(after.ink(labels) == before.ink(labels));
  CHECK(after.count(0x0072B2, burst_top) > 20);  // a triangle in epoch 4
  CHECK(before.count(0x0072B2, burst_top) == 0);
  // What is left of the axis' title: the labels of one that shows nothing else fit beside it.
  for (const double loss : {5e13, 3e38, 123456.0}) {
    const Pixels all(curves_png("t", rows_of({loss, 2 * loss, loss}), "test"));
    CHECK(all.ink({28, 60, 31, 445}) == 0);
    CHECK(all.ink(labels) > 100);
  }
}

TEST_CASE("nothing hides a curve, wherever it runs", "[runtime][report]") {
  constexpr int kEpochs = 50;  // no marks
  for (const double part : {0.05, 0.1, 0.5, 0.9, 0.95}) {
    std::vector<EpochRow> rows;
    for (int epoch = 1; epoch <= kEpochs; ++epoch) {
      const double all = epoch == 1 ? 0 : 1;  // the axes' ends
      rows.push_back({.epoch = epoch,
                      .step = 1,
                      .rate = 1,
                      .train_loss = 6 * all,
                      .train_accuracy = 60 * all,
                      .test_loss = 6 * part,
                      .test_accuracy = 60 * part,
                      .seconds = 1,
                      .images_per_second = 1,
                      .weights_sha256 = {}});
    }
    const Pixels picture(curves_png("t", rows, "test"));
    for (const int left : {80, 680}) {
      INFO(part << " of the height, from " << left);
      CHECK(picture.count(0x0072B2, {left, 70, left + 500, 435}) >= 480);  // the other crosses it
    }
  }
}
