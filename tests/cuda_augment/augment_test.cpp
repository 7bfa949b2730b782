// Augmentation on the device against the CPU's: the same draws, so the same pictures and targets.
#include "data/augment.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "../catch.hpp"
#include "../host_cuda_test/support.hpp"
#include "../runtime/softmax_program.hpp"
#include "cuda/augmenter.hpp"
#include "data/shuffle.hpp"

using namespace castnet;
using namespace castnet::cuda;

namespace {

constexpr std::size_t kImages = 53;
constexpr int kBatch = 21;

/// Noise: every pixel has another value than its neighbours. Two images are all black and all grey.
DataSet noise(ImageShape shape, int classes) {
  DataSet set{shape.channels, shape.height, shape.width, {}, {}};
  for (std::uint32_t n = 0; n < kImages; ++n) {
    set.labels.push_back(static_cast<std::uint8_t>(n % static_cast<unsigned>(classes)));
    for (std::uint32_t i = 0; i < shape.elements(); ++i) {
      const auto byte = static_cast<std::uint8_t>(philox({i, n, 0, 0}, 3)[0]);
      set.images.push_back(n == 5 ? 0 : n == 6 ? 127 : byte);
    }
  }
  return set;
}

/// One image after the other, as on the device.
class FlatProgram : public test::SoftmaxProgram {
 public:
  explicit FlatProgram(const test::SoftmaxSetup& setup)
      : SoftmaxProgram(setup),
        elements_(setup.channels * setup.height * setup.width),
        images_(static_cast<std::size_t>(setup.batch * elements_)) {}
  ImageSlot image(int slot) override { return {images_.data() + slot * elements_, 1}; }
  const std::vector<Real>& images() const { return images_; }

 private:
  int elements_;
  std::vector<Real> images_;
};

test::SoftmaxSetup setup(const AugmentRecipe& recipe, ImageShape shape, double smoothing) {
  test::SoftmaxSetup result{.batch = kBatch,
                            .channels = shape.channels,
                            .height = shape.height,
                            .width = shape.width,
                            .classes = 10,
                            .mean = {0.4, 0.5, 0.6},
                            .std = {0.2, 0.25, 0.3}};
  result.mean.resize(static_cast<std::size_t>(shape.channels));
  result.std.resize(static_cast<std::size_t>(shape.channels));
  result.recipe.augment = recipe;
  result.recipe.label_smoothing = smoothing;
  return result;
}

/// A data set, a CPU's augmenter and the device's.
class Pair {
 public:
  Pair(const AugmentRecipe& recipe, ImageShape shape, double smoothing = 0)
      : program_(setup(recipe, shape, smoothing)),
        set_(noise(shape, program_.info().classes)),
        bytes_(set_.images),
        labels_(set_.labels),
        cpu_(program_.info(), normalisation()),
        device_(program_.info(), normalisation()),
        images_(std::vector<Value>(kBatch * shape.elements())),
        targets_(std::vector<Real>(program_.targets().size())),
        samples_(std::vector<std::uint32_t>(kBatch)) {}

  /// Fills both with step `position` of an epoch and compares; `tolerance` is of images.
  void check_fill(std::uint64_t seed, std::uint32_t epoch, std::uint32_t position,
                  double tolerance) {
    std::vector<std::uint32_t> order(kImages);
    castnet::shuffle(order, seed, epoch);
    cpu_.fill(program_, set_, std::span(order).subspan(position * kBatch, kBatch), seed, epoch);
    const OnDevice<std::uint32_t> device_order(order);
    const OnDevice<DeviceStep> step({{.seed = seed, .epoch = epoch, .position = position}});
    device_.fill(nullptr, view(), device_order.data(), step.data(), images_.data(), targets_.data(),
                 samples_.data());
    check(tolerance);
  }

  /// Likewise, batch `index` of an evaluation.
  void check_plain(std::uint32_t index) {
    cpu_.fill_plain(program_, set_, index * kBatch);
    const OnDevice<std::uint32_t> batch_index({index});
    device_.fill_plain(nullptr, view(), batch_index.data(), images_.data(), targets_.data(),
                       samples_.data());
    check(0);
  }

 private:
  Normalisation normalisation() const {
    const ProgramInfo& info = program_.info();
    return {{info.mean.begin(), info.mean.end()}, {info.std.begin(), info.std.end()}};
  }
  DeviceDataSet view() const { return {bytes_.data(), labels_.data(), kImages}; }

  void check(double tolerance) {
    const std::vector<Value> images = images_.values();
    double off = 0, largest = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
      off = std::max(off, std::abs(double(images[i]) - double(program_.images()[i])));
      largest = std::max(largest, std::abs(double(images[i])));
    }
    CHECK(off <= tolerance);
    CHECK(largest > 0.5);  // that is, there are pictures
    // One product or sum each, of numbers up to 1.
    const std::vector<Real> targets = targets_.values();
    for (std::size_t i = 0; i < targets.size(); ++i) {
      REQUIRE(targets[i] == Approx(program_.targets()[i]).margin(1e-7));
    }
    const std::vector<std::uint32_t> samples = samples_.values();
    CHECK(std::ranges::equal(samples, program_.samples()));
  }

  FlatProgram program_;
  DataSet set_;
  OnDevice<std::uint8_t> bytes_, labels_;
  Augmenter cpu_;
  DeviceAugmenter device_;
  OnDevice<Value> images_;
  OnDevice<Real> targets_;
  OnDevice<std::uint32_t> samples_;
};

/// Crops, flips, tables and cutout have no arithmetic that could round. Sines and exponentials do,
/// and compilers fuse products and sums as they like: places differ by some 1e-14, so neighbours'
/// shares by a rounding of float32 (6e-8), times values of at most 5. Contrast's mean is summed in
/// another order, in double. Hue divides by the chroma, but its result is within that chroma.
constexpr double kExact = 0;
constexpr double kRounding = 2e-6;
constexpr double kColours = 1e-5;

using Flip = AugmentRecipe::Flip;

struct Case {
  const char* name;
  AugmentRecipe recipe;
  double tolerance;
};

const AugmentRecipe::ColourJitter kJitter{
    .brightness = 0.4, .contrast = 0.4, .saturation = 0.5, .hue = 0.2, .probability = 0.8};

AugmentRecipe everything() {
  return {.shift_scale_rotate = {.shift = 0.2, .scale = 0.3, .degrees = 20, .probability = 0.7},
          .rotation = {.degrees = 30, .probability = 0.7, .border = Border::black},
          .resized_crop = {.least_area = 0.3,
                           .most_area = 1,
                           .least_aspect = 0.75,
                           .most_aspect = 1.33,
                           .probability = 0.7},
          .crop = 2,
          .crop_border = Border::zero,
          .flip = Flip::alternating,
          .colour_jitter = kJitter,
          .cutout = {.size = 3, .probability = 0.7},
          .mixup = 0.4};
}

std::vector<Case> cases() {
  const AugmentRecipe all = everything();
  return {
      {"nothing", {}, kExact},
      {"crop, zero", {.crop = 4, .crop_border = Border::zero, .flip = Flip::random}, kExact},
      {"crop, black", {.crop = 1, .crop_border = Border::black, .flip = Flip::random}, kExact},
      {"crop, reflect", {.crop = 3, .flip = Flip::alternating}, kExact},
      {"cutout", {.cutout = {.size = 4, .probability = 0.5}}, kExact},
      {"rotation, zero",
       {.rotation = {.degrees = 90, .probability = 0.8, .border = Border::zero}},
       kRounding},
      {"rotation, reflect", {.rotation = {.degrees = 180, .probability = 1}}, kRounding},
      {"shift_scale_rotate, black",
       {.shift_scale_rotate =
            {.shift = 0.5, .scale = 0.9, .degrees = 45, .probability = 1, .border = Border::black}},
       kRounding},
      {"shift_scale_rotate", {.shift_scale_rotate = all.shift_scale_rotate}, kRounding},
      {"resized_crop", {.resized_crop = all.resized_crop, .flip = Flip::random}, kRounding},
      {"resized_crop, never fits", {.resized_crop = {.probability = 1}}, kRounding},
      {"brightness", {.colour_jitter = {.brightness = 0.9, .probability = 1}}, kColours},
      {"contrast", {.colour_jitter = {.contrast = 0.9, .probability = 1}}, kColours},
      {"saturation", {.colour_jitter = {.saturation = 0.9, .probability = 1}}, kColours},
      {"hue", {.colour_jitter = {.hue = 0.5, .probability = 1}}, kColours},
      {"colour_jitter", {.crop = 2, .colour_jitter = kJitter}, kColours},
      {"mixup", {.crop = 2, .mixup = 0.3}, kRounding},
      {"everything", all, kColours},
  };
}

constexpr ImageShape kColour{3, 32, 32}, kGrey{1, 28, 28};
/// Fewer pixels than threads, and sizes that are no powers of two.
constexpr ImageShape kSmall{3, 7, 5}, kTwo{2, 17, 31};

}  // namespace

TEST_CASE("each augmentation makes the CPU's batches", "[cuda_augment]") {
  const Case chosen = GENERATE(from_range(cases()));
  const ImageShape shape = GENERATE(kColour, kGrey, kSmall, kTwo);
  CAPTURE(chosen.name, shape.channels, shape.height);
  Pair pair(chosen.recipe, shape);
  pair.check_fill(7, 0, 0, chosen.tolerance);
  pair.check_fill(7, 3, 1, chosen.tolerance);
  pair.check_fill(0x123456789abcdef, 4, 0, chosen.tolerance);
}

TEST_CASE("labels are smoothed, mixed or not", "[cuda_augment]") {
  const double mixup = GENERATE(0.0, 0.05, 1.0, 2.5);
  Pair pair({.mixup = mixup}, kSmall, 0.1);
  for (std::uint32_t epoch = 0; epoch < 5; ++epoch) pair.check_fill(11, epoch, 1, kRounding);
}

TEST_CASE("the order of threads changes nothing", "[cuda_augment]") {
  const ReverseOrder reverse;
  Pair pair(everything(), kColour, 0.1);
  pair.check_fill(3, 1, 0, kColours);
}

TEST_CASE("evaluation takes images as they are, and repeats the last", "[cuda_augment]") {
  const AugmentRecipe recipe = GENERATE(AugmentRecipe{}, AugmentRecipe{.crop = 2}, everything());
  const ImageShape shape = GENERATE(kColour, kSmall);
  Pair pair(recipe, shape, 0.1);  // labels of an evaluation are not smoothed
  pair.check_plain(0);
  pair.check_plain(2);  // 11 of 21 images are left
}

TEST_CASE("recipes that do not fit are refused on the device too", "[cuda_augment]") {
  const test::SoftmaxProgram program(setup({.crop = 5}, kSmall, 0));
  CHECK_THROWS_WITH(DeviceAugmenter(program.info(), {{0, 0, 0}, {1, 1, 1}}),
                    Catch::Contains("crop padding 5 does not fit images of 7x5"));
}

TEST_CASE("values in bfloat16 are those in float32, rounded", "[cuda_augment]") {
  AugmentRecipe recipe = everything();
  if (GENERATE(false, true)) recipe.mixup = 0;
  const DataSet set = noise(kSmall, 10);
  const OnDevice<std::uint8_t> bytes(set.images), labels(set.labels);
  const OnDevice<Channel> channels(make_channels({{0.4, 0.5, 0.6}, {0.2, 0.25, 0.3}}));
  const std::size_t elements = kBatch * kSmall.elements();
  const OnDevice<Real> pictures{std::vector<Real>(elements)}, share({0});
  const Augmentation all{
      recipe, kSmall,          kBatch,          10,
      0.1,    channels.data(), pictures.data(), recipe.mixup > 0 ? share.data() : nullptr};
  std::vector<std::uint32_t> order(kImages);
  castnet::shuffle(order, 1, 2);
  const OnDevice<std::uint32_t> device_order(order), samples(order);
  const OnDevice<DeviceStep> step({{.seed = 1, .epoch = 2, .position = 1}});
  const OnDevice<Real> targets{std::vector<Real>(kBatch * 10)};
  const OnDevice<float> floats{std::vector<float>(elements)};
  const OnDevice<__nv_bfloat16> halves{std::vector<__nv_bfloat16>(elements)};
  const DeviceDataSet view{bytes.data(), labels.data(), kImages};
  augment<float>(nullptr, all, view, device_order.data(), step.data(),
                 {floats.data(), targets.data(), samples.data()});
  augment<__nv_bfloat16>(nullptr, all, view, device_order.data(), step.data(),
                         {halves.data(), targets.data(), samples.data()});
  const auto expected = floats.values();
  const auto values = halves.values();
  for (std::size_t i = 0; i < elements; ++i) {
    REQUIRE(float(values[i]) == float(__nv_bfloat16(expected[i])));
  }
}
