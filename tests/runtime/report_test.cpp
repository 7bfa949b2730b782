#include "report/report.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "report/api/castnet_report/confusion.hpp"
#include "report/axis.hpp"
#include "report/csv.hpp"
#include "temporary_folder.hpp"

using namespace castnet;

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

/// Width and height out of a PNG file's first chunk.
std::pair<int, int> png_size(const std::string& png) {
  const auto number = [&png](std::size_t at) {
    int value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value * 256 + static_cast<unsigned char>(png[at + i]);
    return value;
  };
  return {number(16), number(20)};
}

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

TEST_CASE("the confusion matrix reads back", "[runtime][report]") {
  const Split split = tiny_split();
  const std::string text = confusion_csv({split, tiny_evaluation()}, split.classes);
  const report::Confusion back = report::parse_confusion(text);
  CHECK(back.classes == split.classes);
  CHECK(back.counts == std::vector<std::vector<std::uint64_t>>{{1, 1}, {1, 0}});
  CHECK(back.accuracy == std::vector{50.0, 0.0});
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
        "index,true,predicted,probability,loss\n2,cat,\"dog, big\",0.500000,2.500000\n"
        "1,\"dog, big\",cat,0.750000,1.500000\n");
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
        "index,true,predicted,probability,loss\n0,cat,cat,0.900000,0.100000\n"
        "1,\"dog, big\",cat,0.750000,1.500000\n2,cat,\"dog, big\",0.500000,2.500000\n");
  const auto back = report::parse_predictions(text);
  CHECK(report::predictions_csv(back) == text);
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
        "7,a,\"b,c\",0.750000,1.500000,0.250000,0.750000\n");
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
    CHECK(png_size(curves_png("title", rows)) == std::pair(1200, 500));
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

TEST_CASE("axes have round ticks that enclose the values", "[runtime][report]") {
  const Axis axis = make_axis(0.13, 1.87, 6);
  CHECK(axis.low == 0);
  CHECK(axis.high == Approx(2));
  CHECK(axis.ticks.size() == 5);
  CHECK(axis.decimals == 1);
  const Axis lone = make_axis(3, 3, 6);
  CHECK(lone.low <= 2);
  CHECK(lone.high >= 4);
}

TEST_CASE("cells with commas and quotes are quoted", "[runtime][report]") {
  CHECK(csv_cell("cat") == "cat");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("a\"b") == "\"a\"\"b\"");
}
