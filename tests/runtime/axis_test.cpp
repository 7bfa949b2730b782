#include "report/axis.hpp"

#include "../catch.hpp"

using namespace castnet;

namespace {

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("axes have round ticks that enclose the values", "[runtime][report]") {
  const Axis axis = make_axis(0.13, 1.87, 6);
  CHECK(axis.low == 0);
  CHECK(axis.high == Approx(2));
  CHECK(tick_texts(axis) == Texts{"0.0", "0.5", "1.0", "1.5", "2.0"});
  CHECK(tick_texts(make_axis(12, 88, 6)) == Texts{"0", "20", "40", "60", "80", "100"});
  CHECK(tick_texts(make_axis(3, 3, 6)).front() == "2.0");
  CHECK(tick_texts(make_axis(3, 3, 6)).back() == "4.0");
}

TEST_CASE("the axis of a single value ends where the values end", "[runtime][report]") {
  const Axis all_right = make_axis(100, 100, 6, 100);
  CHECK(all_right.low == 99);
  CHECK(all_right.high == 100);
  const Axis none = make_axis(-0.0, -0.0, 6);
  CHECK(none.low == 0);
  CHECK(none.high == 1);
  CHECK(tick_texts(none).front() == "0.0");
}

TEST_CASE("tick texts of large, small and close values are short", "[runtime][report]") {
  CHECK(tick_texts(make_axis(2.3, 5e13, 6)) == Texts{"0", "1e13", "2e13", "3e13", "4e13", "5e13"});
  CHECK(tick_texts(make_axis(0, 1.2e15, 6)) ==
        Texts{"0", "2e14", "4e14", "6e14", "8e14", "1.0e15", "1.2e15"});
  CHECK(tick_texts(make_axis(0, 8e-7, 4)) == Texts{"0", "2e-7", "4e-7", "6e-7", "8e-7"});
  const std::pair<double, double> ranges[] = {{5e13, 5e13},
                                              {1e18, 1e18 + 128},
                                              {3e38, 3.0000001e38},
                                              {2.302585, 2.302586},
                                              {2.3025, 2.3028},
                                              {99.91, 99.95},
                                              {1e-300, 2e-300},
                                              {0, 5e-324},
                                              {123456, 123457},
                                              {99999.5, 100000.5},
                                              {0, 0},
                                              {0.00012, 0.00018}};
  for (const auto& [low, high] : ranges) {
    INFO(low << " to " << high);
    const Axis axis = make_axis(low, high, 6);
    CHECK(axis.low <= low + 1e-9 * low);
    CHECK(axis.high >= high - 1e-9 * high);
    CHECK(axis.ticks.size() >= 2);
    CHECK(axis.ticks.size() <= 14);
    const Texts texts = tick_texts(axis);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      CHECK(texts[i].size() <= 7);
      if (i > 0) CHECK(texts[i] != texts[i - 1]);
    }
  }
}

TEST_CASE("an axis leaves out losses that explode, unless there are no others",
          "[runtime][report]") {
  const std::vector<double> burst{2.5, 1.5, 5e13, 1e10, 1.25};
  const Axis axis = axis_over(burst, 6, kMostLoss);
  CHECK(axis.high == Approx(2.5));
  CHECK(axis.beyond == 5e13);
  const Axis all = axis_over(std::vector<double>{1e3, 1e6, 1e9}, 6, kMostLoss);
  CHECK(all.high == Approx(1e9));
  CHECK(all.beyond == 0);
  CHECK(axis_over(std::vector<double>{2.5, 19}, 6, kMostLoss).beyond == 0);
  CHECK(axis_over({}, 6, kMostLoss).high == 1);
}

TEST_CASE("epochs have whole ticks between the first and the last", "[runtime][report]") {
  using Ticks = std::vector<int>;
  CHECK(epoch_ticks(0, 8).empty());
  CHECK(epoch_ticks(1, 8) == Ticks{1});
  CHECK(epoch_ticks(2, 8) == Ticks{1, 2});
  CHECK(epoch_ticks(3, 8) == Ticks{1, 2, 3});
  CHECK(epoch_ticks(20, 8) == Ticks{5, 10, 15, 20});
  CHECK(epoch_ticks(200, 8) == Ticks{50, 100, 150, 200});
  for (std::size_t epochs = 1; epochs < 1000; ++epochs) {
    const Ticks ticks = epoch_ticks(epochs, 8);
    CHECK(ticks.size() <= 9);
    CHECK(ticks.front() >= 1);
    CHECK(ticks.back() <= static_cast<int>(epochs));
  }
}

TEST_CASE("numbers have no negative zero, and an exponent where they are long",
          "[runtime][report]") {
  CHECK(number_text(2.34567, 4) == "2.3457");
  CHECK(number_text(-0.0, 2) == "0.00");
  CHECK(number_text(-0.001, 2) == "0.00");
  CHECK(number_text(-0.01, 2) == "-0.01");
  CHECK(number_text(99999, 1) == "99999.0");
  CHECK(number_text(5.25e13, 4) == "5.25e13");
  CHECK(number_text(3.4e38, 3) == "3.40e38");
}
