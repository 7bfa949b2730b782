#include <array>
#include <cmath>
#include <vector>

#include "../catch.hpp"
#include "data/normalisation.hpp"
#include "program_info.hpp"

using namespace castnet;
using Catch::Contains;

namespace {

/// Three two-channel images of 1×2: the first channel is 0 10 20 30 40 50, the second 255 or 0.
DataSet two_channels() {
  return {.channels = 2,
          .height = 1,
          .width = 2,
          .images = {0, 10, 255, 255, 20, 30, 0, 255, 40, 50, 255, 0},
          .labels = {0, 0, 0}};
}

ProgramInfo two_channel_info(std::span<const double> mean, std::span<const double> std) {
  ProgramInfo info = test::info_of("stripes");
  info.channels = 2;
  info.mean = mean;
  info.std = std;
  return info;
}

}  // namespace

TEST_CASE("mean and std are the training images'", "[runtime][data]") {
  const Normalisation found = normalisation_of(two_channel_info({}, {}), two_channels());
  CHECK(found.mean.at(0) == Approx(25.0 / 255).epsilon(1e-14));
  CHECK(found.mean.at(1) == Approx(2.0 / 3).epsilon(1e-14));
  // Population: (25² + 15² + 5²)·2 / 6, and p(1 - p).
  CHECK(found.std.at(0) == Approx(std::sqrt(1750.0 / 6) / 255).epsilon(1e-14));
  CHECK(found.std.at(1) == Approx(std::sqrt(2.0 / 9)).epsilon(1e-14));
}

TEST_CASE("mean and std of the spec come first, each of its own", "[runtime][data]") {
  const std::array mean = {0.25, 0.5}, stds = {0.125, 0.75};
  const Normalisation both = normalisation_of(two_channel_info(mean, stds), {});
  CHECK(both.mean == std::vector<double>(mean.begin(), mean.end()));
  CHECK(both.std == std::vector<double>(stds.begin(), stds.end()));
  const Normalisation half = normalisation_of(two_channel_info(mean, {}), two_channels());
  CHECK(half.mean == both.mean);
  CHECK(half.std.at(1) == Approx(std::sqrt(2.0 / 9)));
}

TEST_CASE("what cannot normalise is refused", "[runtime][data]") {
  const std::array two = {0.5, 0.5}, flat = {0.5, 0.0};
  const std::array three = {0.5, 0.5, 0.5};
  DataSet set = two_channels();
  CHECK_THROWS_WITH(normalisation_of(two_channel_info(three, two), set),
                    Contains("3 means for the 2 channels"));
  CHECK_THROWS_WITH(normalisation_of(two_channel_info(two, three), set),
                    Contains("3 stds for the 2 channels"));
  CHECK_THROWS_WITH(normalisation_of(two_channel_info(two, flat), set), Contains("channel 1"));
  for (const std::size_t i : {2U, 3U, 6U, 7U, 10U, 11U}) set.images[i] = 7;
  CHECK_THROWS_WITH(normalisation_of(two_channel_info({}, {}), set),
                    Contains("channel 1") && Contains("the same in all training images") &&
                        Contains("'stripes'"));
  CHECK_THROWS_WITH(normalisation_of(two_channel_info({}, {}), {}), Contains("no training images"));
}
