#include "data/augment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "../catch.hpp"
#include "allocations.hpp"
#include "core/threads.hpp"
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

/// mean 0 and std 1/255: a normalised value is its byte.
test::SoftmaxSetup augmented(AugmentRecipe recipe) {
  test::SoftmaxSetup result{
      .batch = 16, .height = 4, .width = 3, .classes = 2, .mean = {0}, .std = {1.0 / 255}};
  result.recipe.augment = recipe;
  return result;
}

constexpr ImageShape kSmallShape{.channels = 1, .height = 4, .width = 3};

Augmenter augmenter_of(const Program& program) {
  return {program.info(), normalisation_of(program.info(), {})};
}

/// The value at (y, x) that the definition gives for byte image `n`; NaN-free by construction.
Real expected(const AugmentRecipe& recipe, const AugmentDraw& draw, int n, int y, int x) {
  int row = y + draw.top - recipe.crop;
  int column = (draw.flip ? 2 - x : x) + draw.left - recipe.crop;
  if (recipe.crop_border != Border::reflect) {
    if (row < 0 || row > 3 || column < 0 || column > 2) return 0;
  } else {
    if (row < 0) row = -row;
    if (row > 3) row = 6 - row;
    if (column < 0) column = -column;
    if (column > 2) column = 4 - column;
  }
  return static_cast<Real>(100 * n + 10 * row + column);
}

/// Everything on, often enough that some images go without.
AugmentRecipe everything() {
  return {.shift_scale_rotate = {.shift = 0.2, .scale = 0.2, .degrees = 20, .probability = 0.7},
          .rotation = {.degrees = 30, .probability = 0.7, .border = Border::black},
          .resized_crop = {.least_area = 0.5,
                           .most_area = 1,
                           .least_aspect = 0.8,
                           .most_aspect = 1.25,
                           .probability = 0.7},
          .crop = 2,
          .crop_border = Border::zero,
          .flip = AugmentRecipe::Flip::alternating,
          .colour_jitter = {.brightness = 0.3,
                            .contrast = 0.3,
                            .saturation = 0.3,
                            .hue = 0.1,
                            .probability = 0.7},
          .cutout = {.size = 5, .probability = 0.7},
          .mixup = 0.4};
}

/// Colour images, a batch that is no multiple of a block, smoothed labels.
test::SoftmaxSetup colour_setup(const AugmentRecipe& recipe) {
  test::SoftmaxSetup result{.batch = 21,
                            .channels = 3,
                            .height = 32,
                            .width = 32,
                            .mean = {0.4, 0.5, 0.6},
                            .std = {0.2, 0.25, 0.3}};
  result.recipe.augment = recipe;
  result.recipe.label_smoothing = 0.1;
  return result;
}

const DataSet& colour_images() {
  static const Split split = draw_shapes(false, 40, 1);
  return split.train;
}

std::array<std::uint32_t, 21> colour_samples() {
  std::array<std::uint32_t, 21> samples{};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::uint32_t>(i * 7 % 40);
  }
  return samples;
}

/// One image after the other, for any batch.
class FlatProgram : public test::SoftmaxProgram {
 public:
  explicit FlatProgram(const test::SoftmaxSetup& setup)
      : SoftmaxProgram(setup),
        elements_(setup.channels * setup.height * setup.width),
        images_(static_cast<std::size_t>(setup.batch * elements_)) {}
  ImageSlot image(int slot) override { return {images_.data() + slot * elements_, 1}; }

 private:
  int elements_;
  std::vector<Real> images_;
};

/// A filled batch: [slot][element] and [slot][class].
struct Filled {
  std::vector<std::vector<Real>> images;
  std::vector<std::vector<Real>> targets;
};

Filled fill_colours(const AugmentRecipe& recipe) {
  FlatProgram program(colour_setup(recipe));
  augmenter_of(program).fill(program, colour_images(), colour_samples(), 5, 3);
  Filled filled;
  for (int slot = 0; slot < 21; ++slot) {
    const ImageSlot image = program.image(slot);
    filled.images.emplace_back();
    for (int i = 0; i < 3 * 32 * 32; ++i) {
      filled.images.back().push_back(image.first[i * image.stride]);
    }
    const auto target = program.targets().subspan(static_cast<std::size_t>(slot) * 10, 10);
    filled.targets.emplace_back(target.begin(), target.end());
  }
  return filled;
}

}  // namespace

TEST_CASE("crop, padding and flip follow their definition", "[runtime][augment]") {
  const auto padding = GENERATE(Border::zero, Border::black, Border::reflect);
  const int crop = GENERATE(0, 1, 2);
  const bool flip = GENERATE(false, true);
  const AugmentRecipe recipe{
      .crop = crop,
      .crop_border = padding,
      .flip = flip ? AugmentRecipe::Flip::random : AugmentRecipe::Flip::none};
  test::SoftmaxProgram program(augmented(recipe));
  const DataSet set = numbered(2);
  std::array<std::uint32_t, 16> samples{};
  for (std::size_t i = 0; i < 16; ++i) samples[i] = i % 2 == 0 ? 1 : 0;
  Augmenter augmenter = augmenter_of(program);
  for (std::uint32_t epoch = 0; epoch < 20; ++epoch) {
    augmenter.fill(program, set, samples, 99, epoch);
    for (int slot = 0; slot < 16; ++slot) {
      const std::uint32_t n = samples[static_cast<std::size_t>(slot)];
      const AugmentDraw draw = draw_augment(recipe, kSmallShape, n, epoch, 99);
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
  const AugmentDraw draw = draw_augment(recipe, kSmallShape, 0, 0, 32);
  CHECK(draw.top == 0);
  CHECK(draw.left == 2);
  CHECK(draw.flip);
  test::SoftmaxProgram program(augmented(recipe));
  const std::array<std::uint32_t, 16> samples{};
  augmenter_of(program).fill(program, numbered(1), samples, 32, 0);
  const std::array<int, 12> picture = {11, 12, 11, 1, 2, 1, 11, 12, 11, 21, 22, 21};
  const ImageSlot image = program.image(3);
  for (int i = 0; i < 12; ++i) {
    CHECK(image.first[i * image.stride] == Approx(picture[static_cast<std::size_t>(i)]));
  }
}

TEST_CASE("crops and flips of wide images follow the definition", "[runtime][augment]") {
  const int width = GENERATE(5, 16, 32, 37);
  const AugmentRecipe recipe{.crop = GENERATE(0, 3),
                             .crop_border = GENERATE(Border::zero, Border::reflect),
                             .flip = AugmentRecipe::Flip::random};
  constexpr int kHeight = 5, kImages = 21;
  test::SoftmaxSetup s{.batch = kImages,
                       .height = kHeight,
                       .width = width,
                       .classes = 2,
                       .mean = {0},
                       .std = {1.0 / 255}};
  s.recipe.augment = recipe;
  DataSet set{.channels = 1, .height = kHeight, .width = width, .images = {}, .labels = {}};
  for (int i = 0; i < kImages * kHeight * width; ++i) {
    set.images.push_back(static_cast<std::uint8_t>(i * i % 251 + 1));
  }
  set.labels.assign(kImages, 1);
  std::vector<std::uint32_t> samples(kImages);
  for (std::uint32_t i = 0; i < kImages; ++i) samples[i] = i * 5 % kImages;

  test::SoftmaxProgram program(s);
  augmenter_of(program).fill(program, set, samples, 5, 3);
  const auto mirrored = [](int at, int size) {
    return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
  };
  int wrong = 0;
  for (int slot = 0; slot < kImages; ++slot) {
    const std::uint32_t sample = samples[static_cast<std::size_t>(slot)];
    const AugmentDraw draw = draw_augment(recipe, {1, kHeight, width}, sample, 3, 5);
    const ImageSlot image = program.image(slot);
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < width; ++x) {
        const int row = y + draw.top - recipe.crop;
        const int column = (draw.flip ? width - 1 - x : x) + draw.left - recipe.crop;
        const int inner_row = mirrored(row, kHeight), inner_column = mirrored(column, width);
        const bool outside = inner_row != row || inner_column != column;
        const Real expected =
            outside && recipe.crop_border == Border::zero
                ? 0
                : set.image(sample)[static_cast<std::size_t>(inner_row * width + inner_column)];
        if (image.first[(y * width + x) * image.stride] != expected) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("normalisation subtracts the mean and divides by the std", "[runtime][augment]") {
  test::SoftmaxSetup s = augmented({});
  s.mean = {0.25};
  s.std = {0.5};
  test::SoftmaxProgram program(s);
  augmenter_of(program).fill_plain(program, numbered(2), 1);
  CHECK(program.image(0).first[0] == Approx((100 / 255.0 - 0.25) / 0.5));
}

TEST_CASE("evaluation pads the last batch with the last image", "[runtime][augment]") {
  test::SoftmaxProgram program(augmented({.crop = 1, .flip = AugmentRecipe::Flip::random}));
  augmenter_of(program).fill_plain(program, numbered(2), 0);
  CHECK(program.targets()[0] == 1);
  CHECK(program.targets()[15 * 2 + 1] == 1);
  CHECK(program.image(15).first[0] == Approx(100));
}

TEST_CASE("a batch is its images, each augmented by its draw", "[runtime][augment]") {
  AugmentRecipe recipe = everything();
  recipe.mixup = 0;
  const bool whole = GENERATE(true, false);
  if (!whole) recipe = {.crop = 3, .crop_border = Border::black, .cutout = recipe.cutout};
  const Filled filled = fill_colours(recipe);
  const test::SoftmaxSetup s = colour_setup(recipe);
  const ImageShape shape{3, 32, 32};
  const ImageAugmenter images(recipe, shape, {s.mean, s.std});
  auto scratch = images.make_scratch();
  std::vector<Real> expected(shape.elements());
  for (std::size_t slot = 0; slot < 21; ++slot) {
    const std::uint32_t sample = colour_samples()[slot];
    images.apply(draw_augment(recipe, shape, sample, 3, 5), colour_images().image(sample), scratch,
                 {expected.data(), 1});
    CHECK((filled.images[slot] == expected));
  }
}

TEST_CASE("mixup mixes each image and target with the next", "[runtime][augment]") {
  AugmentRecipe recipe = GENERATE(everything(), AugmentRecipe{.mixup = 0.4});
  const Filled mixed = fill_colours(recipe);
  recipe.mixup = 0;
  const Filled alone = fill_colours(recipe);
  const auto share = static_cast<Real>(draw_mixup(0.4, colour_samples()[0], 3, 5));
  REQUIRE(share < 0.999F);
  for (std::size_t slot = 0; slot < 21; ++slot) {
    const std::size_t next = slot == 20 ? 0 : slot + 1;
    Real most_off = 0;
    for (std::size_t i = 0; i < alone.images[slot].size(); ++i) {
      const Real expected = share * alone.images[slot][i] + (1 - share) * alone.images[next][i];
      most_off = std::max(most_off, std::abs(mixed.images[slot][i] - expected));
    }
    CHECK(most_off < 1e-6F);
    Real sum = 0;
    for (std::size_t k = 0; k < 10; ++k) {
      sum += mixed.targets[slot][k];
      CHECK(mixed.targets[slot][k] ==
            Approx(share * alone.targets[slot][k] + (1 - share) * alone.targets[next][k]));
    }
    CHECK(sum == Approx(1));
  }
}

TEST_CASE("augmentation does not depend on the number of threads", "[runtime][augment]") {
  const int threads = thread_count();
  set_thread_count(1);
  const Filled one = fill_colours(everything());
  set_thread_count(3);
  const Filled three = fill_colours(everything());
  set_thread_count(threads);
  CHECK((one.images == three.images));
  CHECK((one.targets == three.targets));
}

TEST_CASE("augmentation allocates nothing after construction", "[runtime][augment]") {
  FlatProgram program(colour_setup(everything()));
  Augmenter augmenter = augmenter_of(program);
  const auto samples = colour_samples();
  augmenter.fill(program, colour_images(), samples, 5, 0);  // starts the threads
  const std::uint64_t before = test::allocations;
  for (std::uint32_t epoch = 1; epoch < 4; ++epoch) {
    augmenter.fill(program, colour_images(), samples, 5, epoch);
  }
  augmenter.fill_plain(program, colour_images(), 0);
  CHECK(test::allocations == before);
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
  for (const int count : counts) CHECK(count == Approx(1000).margin(145));  // five stds
}
