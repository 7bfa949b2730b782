// Statistics over runs, and the charts that show several variants.
#include "report/api/castnet_report/comparison.hpp"

#include <array>
#include <cmath>
#include <ctime>
#include <limits>
#include <stdexcept>

#include "../catch.hpp"
#include "pixels.hpp"
#include "report/metrics.hpp"

using namespace castnet::report;
using castnet::test::Pixels;

namespace {

/// A run of these test accuracies; its other figures follow from them.
Run run_of(const std::vector<double>& accuracies) {
  Run run;
  for (const double accuracy : accuracies) {
    run.push_back({.train_loss = 3 - accuracy / 50,
                   .train_accuracy = accuracy - 10,
                   .test_loss = 2 - accuracy / 50,
                   .test_accuracy = accuracy,
                   .seconds = 1.5});
  }
  return run;
}

constexpr std::uint32_t kBlue = 0x0072B2;
constexpr std::uint32_t kVermillion = 0xD55E00;
constexpr std::uint32_t kBlueBand = 0xD1E6F1;  ///< 18 % of the blue on white

TEST_CASE("a spread is mean and sample std", "[runtime][comparison]") {
  CHECK(spread({}) == Spread{0, 0, 0});
  CHECK(spread(std::array{7.0}) == Spread{7, 0, 1});
  const Spread three = spread(std::array{1.0, 2.0, 6.0});
  CHECK(three.mean == 3);
  CHECK(three.std == Approx(std::sqrt(7.0)));  // (4 + 1 + 9) / 2
  CHECK(three.count == 3);
}

TEST_CASE("results are best, last, loss, epochs to the target, and seconds",
          "[runtime][comparison]") {
  const std::vector<Run> runs{run_of({50, 80, 70}), run_of({60, 65, 74}), run_of({10, 20, 30})};
  const Results all = results(runs, 70);
  CHECK(all.best_accuracy.mean == Approx((80 + 74 + 30) / 3.0));
  CHECK(all.last_accuracy.mean == Approx((70 + 74 + 30) / 3.0));
  CHECK(all.last_loss.mean == Approx(2 - (70 + 74 + 30) / 150.0));
  CHECK(all.epochs_to_target == Spread{2.5, std::sqrt(0.5), 2});  // epochs 2 and 3, never
  CHECK(all.seconds == Spread{4.5, 0, 3});
  CHECK(results({}, 70).last_loss.count == 0);
}

TEST_CASE("a run is read from metrics.csv, and nothing else is", "[runtime][comparison]") {
  const std::string hash(64, 'a');
  castnet::EpochRow row{.epoch = 1,
                        .step = 78,
                        .rate = 0.1,
                        .train_loss = 2.5,
                        .train_accuracy = 12.5,
                        .test_loss = 2.25,
                        .test_accuracy = 25.75,
                        .seconds = 3.125,
                        .images_per_second = 3,
                        .weights_sha256 = hash};
  const auto read = [&](const std::vector<castnet::EpochRow>& rows) {
    return read_run(castnet::metrics_csv(rows), hash);
  };
  const Run run = read({row});
  REQUIRE(run.size() == 1);
  CHECK(run[0].train_loss == 2.5);
  CHECK(run[0].train_accuracy == 12.5);
  CHECK(run[0].test_loss == 2.25);
  CHECK(run[0].test_accuracy == 25.75);
  CHECK(run[0].seconds == 3.125);
  CHECK_THROWS_AS(read_run("", "ab"), std::runtime_error);
  CHECK_THROWS_AS(read_run("epoch,step\n1,2\n", "ab"), std::runtime_error);
  CHECK_THROWS_AS(read({}), std::runtime_error);
  CHECK_THROWS_AS(read_run(castnet::metrics_csv({row}), "ac"), std::runtime_error);
  castnet::EpochRow next = row;
  next.epoch = 2;
  CHECK(read({row, next}).size() == 2);
  CHECK_THROWS_AS(read({next}), std::runtime_error);
  CHECK_THROWS_AS(read({row, row}), std::runtime_error);
  next.seconds = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(read({row, next}), std::runtime_error);
}

TEST_CASE("a chart has each series in its colour, and a band over several seeds",
          "[runtime][comparison]") {
  const std::vector<Series> one{{"batch", {run_of({50, 60})}}};
  const Pixels alone(comparison_png("t", Quantity::accuracy, one));
  CHECK(alone.count(kBlue) > 500);
  CHECK(alone.count(kVermillion) < 10);
  CHECK(alone.count(kBlueBand) < 100);  // edges of text
  const std::vector<Series> two{{"batch", {run_of({50, 60}), run_of({40, 80})}},
                                {"layer", {run_of({90, 95})}}};
  for (const Quantity quantity : {Quantity::loss, Quantity::accuracy}) {
    const Pixels both(comparison_png("t", quantity, two));
    CHECK(both.count(kBlue) > 500);
    CHECK(both.count(kVermillion) > 500);
    CHECK(both.count(kBlueBand) > 5000);
  }
}

TEST_CASE("a chart's series have colours, marks, last values and clamped bands",
          "[runtime][comparison]") {
  std::vector<Series> series{{"none", {}}, {"two", {run_of({50, 90}), run_of({50, 99.5})}}};
  for (int i = 2; i < 15; ++i) series.push_back({"one", {run_of({50})}});
  const Chart chart = chart_of(Quantity::accuracy, series);
  CHECK(chart.axis == "accuracy (%)");
  CHECK(chart.series[0].test.empty());
  CHECK(chart.series[0].last_test.empty());
  const ChartLines& two = chart.series[1];
  CHECK(two.colour == kVermillion);
  CHECK(two.last_test == "94.75 ± 6.72 %");
  CHECK(two.test[1].mean == 94.75);
  CHECK(band_edge(chart, two.test[1], 1) == 100);
  CHECK(band_edge(chart, two.test[1], -1) == Approx(94.75 - 9.5 / std::sqrt(2)));
  CHECK(chart.series[6].mark == 0);
  CHECK(chart.series[7].mark == 3);
  CHECK(chart.series[7].colour == chart.series[0].colour);
  CHECK(chart.series[14].mark == 4);
  CHECK(chart_of(Quantity::loss, series).series[2].last_test == "1.000");
}

TEST_CASE("a chart's curves and band run where their values are", "[runtime][comparison]") {
  // Means of 50 and 90 on the test set, with a std of 14.1; of 0 and 20 in training.
  std::vector<Run> runs(2);
  const double tests[2][2] = {{40, 80}, {60, 100}};
  for (std::size_t run = 0; run < 2; ++run) {
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
      runs[run].push_back({.train_loss = 1,
                           .train_accuracy = 20.0 * static_cast<double>(epoch),
                           .test_loss = 1,
                           .test_accuracy = tests[run][epoch],
                           .seconds = 1});
    }
  }
  const Pixels picture(
      comparison_png("t", Quantity::accuracy, std::array{Series{"a", std::move(runs)}}));
  // An area of 860 by 560 pixels from (120, 80) on, from 0 to 100.
  const auto row = [](double value) { return static_cast<int>(std::lround(640 - 5.6 * value)); };
  int solid = 0, dashed = 0;
  for (int x = 200; x < 900; ++x) {
    const double part = (x - 120) / 860.0;
    const auto here = [&](double value) {
      const int y = row(value);
      return picture.count(kBlue, {x, y - 1, x + 1, y + 1}) > 0 ? 1 : 0;
    };
    solid += here(50 + 40 * part);
    dashed += here(20 * part);
  }
  CHECK(solid >= 690);
  CHECK(dashed > 300);
  CHECK(dashed < 600);
  for (const double edge : {50 + 14.14, 50 - 14.14}) {
    const double outwards = edge > 50 ? 1 : -1;
    CHECK(picture.count(kBlueBand,
                        {126, row(edge - 3 * outwards), 127, row(edge - 3 * outwards) + 1}) == 1);
    CHECK(picture.count(kBlueBand,
                        {126, row(edge + 3 * outwards), 127, row(edge + 3 * outwards) + 1}) == 0);
  }
}

TEST_CASE("a variant that diverges leaves the others readable", "[runtime][comparison]") {
  std::vector<Series> series{{"good", {run_of({50, 60, 70})}}, {"bad", {run_of({50, 55, 58})}}};
  const Pixels usual(comparison_png("t", Quantity::loss, series));
  series[1].runs.push_back(series[1].runs[0]);
  series[1].runs[1][2].train_loss = 5e13;
  series[1].runs[1][2].test_loss = 4e13;
  const Pixels picture(comparison_png("t", Quantity::loss, series));
  const castnet::test::Region plot{121, 81, 979, 639};
  CHECK(picture.count(kBlue, plot) > 1000);
  CHECK(std::abs(picture.count(kBlue, plot) - usual.count(kBlue, plot)) < 200);
  CHECK(picture.count(0xF7E3D1, {700, 300, 979, 639}) < 20);  // the band of what is left out
  const ChartLines bad = chart_of(Quantity::loss, series).series[1];
  CHECK(bad.last_test == "2.00e13 ± 2.83e13");
  // All diverge: nothing is left out.
  const std::vector<Series> all{{"bad", {Run{{5e13, 10, 4e13, 10, 1}, {6e13, 10, 7e13, 10, 1}}}}};
  CHECK(Pixels(comparison_png("t", Quantity::loss, all)).count(kBlue, plot) > 500);
}

TEST_CASE("a long name neither widens a chart without end nor leaves it", "[runtime][comparison]") {
  const Pixels usual(comparison_png(
      "t", Quantity::loss, std::vector<Series>{{std::string(40, 'w'), {run_of({50, 60})}}}));
  const Pixels longest(comparison_png(
      "t", Quantity::loss, std::vector<Series>{{std::string(400, 'w'), {run_of({50, 60})}}}));
  CHECK(longest.width() == usual.width());
  CHECK(longest.ink({longest.width() - 20, 0, longest.width(), longest.height()}) == 0);
}

TEST_CASE("charts take no run, one epoch, runs of unequal lengths and many series",
          "[runtime][comparison]") {
  const auto size = [](const std::vector<Series>& series) {
    const Pixels pixels(comparison_png("t", Quantity::loss, series));
    return std::pair(pixels.width(), pixels.height());
  };
  const auto usual = size({{"a", {run_of({1, 2})}}});
  CHECK(size({{"none", {}}}).second == usual.second);
  CHECK(size({{"one", {run_of({50})}}}) == usual);
  CHECK(size({{"a", {run_of({50}), run_of({50, 60, 70})}}, {"none", {}}}).second == usual.second);
  const std::vector<Series> many(20, {"a", {run_of({50, 60})}});
  CHECK(size(many).second > usual.second);  // the legend needs the room
}

TEST_CASE("a chart of a hundred thousand epochs is drawn in seconds", "[runtime][comparison]") {
  std::vector<double> accuracies;
  std::uint32_t state = 1;
  for (int epoch = 0; epoch < 100'000; ++epoch) {
    state = 1664525 * state + 1013904223;
    accuracies.push_back(40 + 20.0 * (state >> 8) / (1 << 24));
  }
  const Run run = run_of(accuracies);
  const std::clock_t begin = std::clock();
  const Pixels pixels(
      comparison_png("noise", Quantity::accuracy, std::array{Series{"a", {run, run}}}));
  // Minutes, where each epoch is drawn.
  CHECK(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < 60);
  // The noise fills its part of the area, as it does where each epoch is drawn.
  CHECK(pixels.count(kBlue) > 200'000);
}

}  // namespace
