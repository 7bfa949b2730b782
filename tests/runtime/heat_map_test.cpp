#include "report/heat_map.hpp"

#include <algorithm>

#include "../catch.hpp"
#include "report/canvas.hpp"

using namespace castnet;

TEST_CASE("a heat map is scaled between the centres of its pixels", "[runtime][report]") {
  // torch.nn.functional.interpolate(torch.tensor([[[[0., 1.]]]]), (1, 4), mode="bilinear").
  const HeatMap wide = scaled({1, 2, {0, 1}}, 1, 4);
  CHECK(wide.values == std::vector{0.0, 0.25, 0.75, 1.0});
  // Of [[0, 1], [2, 4]] at 3 x 3, divided by its largest value, 4.
  const HeatMap map = scaled({2, 2, {0, 0.25, 0.5, 1}}, 3, 3);
  CHECK(map.height == 3);
  CHECK(map.width == 3);
  const std::vector<double> expected{0, 0.125, 0.25, 0.25, 0.4375, 0.625, 0.5, 0.75, 1};
  REQUIRE(map.values.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(map.values[i] == Approx(expected[i]).margin(1e-12));
  }
}

TEST_CASE("a scaled heat map has 1 for its largest value, or is empty", "[runtime][report]") {
  // One pixel's middle lies between two of the new ones, which reach less than its value.
  CHECK(std::ranges::max(scaled({1, 3, {0, 1, 0}}, 1, 4).values) == 1);
  CHECK(scaled({1, 2, {0, 0}}, 1, 3).values == std::vector{0.0, 0.0, 0.0});
  HeatMap none{1, 2, {0, 0}};
  normalise(none);
  CHECK(none.values == std::vector{0.0, 0.0});
}

TEST_CASE("colours of heat grow lighter evenly", "[runtime][report]") {
  const auto luma = [](double value) {
    const Colour colour = heat_colour(value);
    return 0.299 * colour.red + 0.587 * colour.green + 0.114 * colour.blue;
  };
  for (int i = 1; i <= 100; ++i) CHECK(luma(i / 100.0) > luma((i - 1) / 100.0));
  CHECK(luma(-1) == luma(0));
  CHECK(luma(2) == luma(1));
}
