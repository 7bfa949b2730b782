#include "data/augment.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "data/shuffle.hpp"
#include "softmax_program.hpp"

using namespace castnet;

namespace {

/// One-channel images of 4×3 whose byte at (y, x) of image n is 100·n + 10·y + x.
DataSet numbered(std::size_t images) {
  DataSet set{.channels = 1, .height = 4, .width = 3, .images = {}, .labels = {}};
  for (std::size_t n = 0; n < images; ++n) {
    set.labels.push_back(static_cast<std::uint8_t>(n));
    for (std::size_t y = 0; y < 4; ++y) {
      for (std::size_t x = 0; x < 3; ++x) {
        set.images.push_back(static_cast<std::uint8_t>(100 * n + 10 * y + x));
      }
    }
  }
  return set;
}

/// mean 0 and deviation 1/255: a normalised value is its byte.
test::SoftmaxSetup setup(AugmentRecipe recipe) {
  test::SoftmaxSetup result{
      .batch = 16, .height = 4, .width = 3, .classes = 2, .mean = {0}, .deviation = {1.0 / 255}};
  result.recipe.augment = recipe;
  return result;
}

/// The value at (y, x) that the definition gives for byte image `n`; NaN-free by construction.
Real expected(const AugmentRecipe& recipe, const AugmentDraw& draw, int n, int y, int x) {
  int row = y + draw.top - recipe.crop;
  int column = (draw.flip ? 2 - x : x) + draw.left - recipe.crop;
  if (recipe.crop_border == Border::zero) {
    if (row < 0 || row > 3 || column < 0 || column > 2) return 0;
  } else {
    if (row < 0) row = -row;
    if (row > 3) row = 6 - row;
    if (column < 0) column = -column;
    if (column > 2) column = 4 - column;
  }
  return static_cast<Real>(100 * n + 10 * row + column);
}

}  // namespace

TEST_CASE("crop, padding and flip follow their definition", "[runtime][augment]") {
  const auto padding = GENERATE(Border::zero, Border::reflect);
  const int crop = GENERATE(0, 1, 2);
  const bool flip = GENERATE(false, true);
  const AugmentRecipe recipe{
      .crop = crop,
      .crop_border = padding,
      .flip = flip ? AugmentRecipe::Flip::random : AugmentRecipe::Flip::none};
  test::SoftmaxProgram program(setup(recipe));
  const DataSet set = numbered(2);
  std::array<std::uint32_t, 16> samples{};
  for (std::size_t i = 0; i < 16; ++i) samples[i] = i % 2 == 0 ? 1 : 0;
  const Augmenter augmenter(program.info());
  for (std::uint32_t epoch = 0; epoch < 20; ++epoch) {
    augmenter.fill(program, set, samples, 99, epoch);
    for (int slot = 0; slot < 16; ++slot) {
      const std::uint32_t n = samples[static_cast<std::size_t>(slot)];
      const AugmentDraw draw = draw_augment(recipe, n, epoch, 99);
      const ImageSlot image = program.image(slot);
      for (int y = 0; y < 4; ++y) {
        for (int x = 0; x < 3; ++x) {
          REQUIRE(image.first[(y * 3 + x) * image.stride] ==
                  Approx(expected(recipe, draw, static_cast<int>(n), y, x)));
        }
      }
      REQUIRE(program.targets()[static_cast<std::size_t>(slot) * 2 + n] == 1);
      REQUIRE(program.samples()[static_cast<std::size_t>(slot)] == n);
    }
  }
}

TEST_CASE("a fixed draw gives a picture worked out by hand", "[runtime][augment]") {
  // Image 0 is 0 1 2 / 10 11 12 / 20 21 22 / 30 31 32. The first sample's draw in epoch 0 of
  // seed 32 is stated here so that a change of the random stream shows.
  const AugmentRecipe recipe{
      .crop = 1, .crop_border = Border::reflect, .flip = AugmentRecipe::Flip::random};
  const AugmentDraw draw = draw_augment(recipe, 0, 0, 32);
  CHECK(draw.top == 0);
  CHECK(draw.left == 2);
  CHECK(draw.flip);
  test::SoftmaxProgram program(setup(recipe));
  const std::array<std::uint32_t, 16> samples{};
  Augmenter(program.info()).fill(program, numbered(1), samples, 32, 0);
  const std::array<int, 12> picture = {11, 12, 11, 1, 2, 1, 11, 12, 11, 21, 22, 21};
  const ImageSlot image = program.image(3);
  for (int i = 0; i < 12; ++i) {
    CHECK(image.first[i * image.stride] == Approx(picture[static_cast<std::size_t>(i)]));
  }
}

TEST_CASE("normalisation subtracts the mean and divides by the deviation", "[runtime][augment]") {
  test::SoftmaxSetup s = setup({});
  s.mean = {0.25};
  s.deviation = {0.5};
  test::SoftmaxProgram program(s);
  Augmenter(program.info()).fill_plain(program, numbered(2), 1);
  CHECK(program.image(0).first[0] == Approx((100 / 255.0 - 0.25) / 0.5));
}

TEST_CASE("evaluation pads the last batch with the last image", "[runtime][augment]") {
  test::SoftmaxProgram program(setup({.crop = 1, .flip = AugmentRecipe::Flip::random}));
  Augmenter(program.info()).fill_plain(program, numbered(2), 0);
  CHECK(program.targets()[0] == 1);
  CHECK(program.targets()[15 * 2 + 1] == 1);
  CHECK(program.image(15).first[0] == Approx(100));
}

TEST_CASE("draws are spread evenly over offsets and sides", "[runtime][augment]") {
  const AugmentRecipe recipe{.crop = 4, .flip = AugmentRecipe::Flip::random};
  constexpr int kDraws = 40000;
  std::array<int, 9> top{}, left{};
  int flips = 0;
  for (std::uint32_t sample = 0; sample < kDraws; ++sample) {
    const AugmentDraw draw = draw_augment(recipe, sample, sample % 7, 3);
    ++top[static_cast<std::size_t>(draw.top)];
    ++left[static_cast<std::size_t>(draw.left)];
    flips += draw.flip ? 1 : 0;
  }
  // Five standard deviations: sqrt(n p (1 - p)) is 63 for an offset and 100 for a side.
  for (const int count : top) CHECK(count == Approx(kDraws / 9.0).margin(315));
  for (const int count : left) CHECK(count == Approx(kDraws / 9.0).margin(315));
  CHECK(flips == Approx(kDraws / 2.0).margin(500));
}

TEST_CASE("a crop that is larger than the image is refused", "[runtime][augment]") {
  const test::SoftmaxProgram program(setup({.crop = 3}));
  CHECK_THROWS_WITH(Augmenter(program.info()), Catch::Contains("crop padding 3"));
}

TEST_CASE("a shuffle is a permutation of its own", "[runtime][shuffle]") {
  const std::size_t size = GENERATE(0, 1, 2, 5, 1000);
  std::vector<std::uint32_t> order(size), again(size), other(size);
  shuffle(order, 1, 0);
  shuffle(again, 1, 0);
  CHECK(order == again);
  const std::set<std::uint32_t> values(order.begin(), order.end());
  CHECK(values.size() == size);
  CHECK((values.empty() || *values.rbegin() == size - 1));
  if (size < 1000) return;
  shuffle(other, 1, 1);
  CHECK(order != other);
  shuffle(other, 2, 0);
  CHECK(order != other);
}

TEST_CASE("every permutation of three comes up equally often", "[runtime][shuffle]") {
  std::array<int, 6> counts{};
  std::array<std::uint32_t, 3> order{};
  for (std::uint32_t epoch = 0; epoch < 6000; ++epoch) {
    shuffle(order, 11, epoch);
    ++counts[order[0] * 2 + (order[1] > order[2] ? 1 : 0)];
  }
  for (const int count : counts) CHECK(count == Approx(1000).margin(145));  // five deviations
}
