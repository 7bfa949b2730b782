// Each augmentation with fixed draws, and mixup, against PyTorch's sampling, padding and
// torchvision's formulas for colours.
#include "data/augment.hpp"

#include <array>
#include <memory>
#include <numeric>

#include "../catch.hpp"
#include "core/program.hpp"
#include "data/image_augmenter.hpp"
#include "support.hpp"

namespace castnet::generated {
std::unique_ptr<Program> make_orders();
}

namespace {

using namespace castnet;
using namespace castnet::test;

constexpr ImageShape kShape{3, 7, 8};

/// The share of a neighbour is rounded to float32, then a few products of normalised values (at
/// most 3) are. Hue divides by the chroma, which may be as small as a few 1/255: there the rounding
/// of a pixel grows, but the result is a colour of no more than that chroma.
constexpr double kTolerance = 1e-6;

const Fixtures& augmentations() {
  static const Fixtures fixtures("augmentations.safetensors");
  return fixtures;
}

/// oracle/augmentations.py's `bytes_of`.
std::vector<std::uint8_t> bytes_of(std::size_t n, std::uint32_t seed) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < n; ++i)
    bytes.push_back(std::uint8_t((pattern_at(i, seed) + 1) * 128));
  return bytes;
}

/// oracle/augmentations.py's `image`.
std::vector<std::uint8_t> image() {
  std::vector<std::uint8_t> bytes = bytes_of(kShape.elements(), 40);
  const std::size_t plane = 7 * 8;
  for (std::size_t row = 0; row < plane; row += 8) {
    bytes[plane + row] = bytes[2 * plane + row] = bytes[row];
    bytes[plane + row + 1] = bytes[row + 1];
  }
  return bytes;
}

Normalisation normalisation(int channels) {
  Normalisation all{{0.5, 0.45, 0.4}, {0.25, 0.2, 0.3}};
  all.mean.resize(std::size_t(channels));
  all.std.resize(std::size_t(channels));
  return all;
}

/// Checks what `draw` makes of the first `channels` of the image.
void check_draw(const std::string& name, const AugmentDraw& draw, const AugmentRecipe& recipe = {},
                int channels = kShape.channels) {
  const ImageShape shape{channels, kShape.height, kShape.width};
  const ImageAugmenter augmenter(recipe, shape, normalisation(channels));
  auto scratch = augmenter.make_scratch();
  const std::vector<std::uint8_t> bytes = image();
  std::vector<float> result(shape.elements());
  augmenter.apply(draw, std::span(bytes).first(shape.elements()), scratch, {result.data(), 1});
  check_close(name, result, augmentations()[name], kTolerance);
}

using Motion = AugmentDraw::ShiftScaleRotate;
constexpr Motion kTurn{.dx = 1.25, .dy = -0.75, .scale = 1.2, .degrees = 10};
constexpr Motion kShrink{.dx = -2.5, .dy = 3.25, .scale = 0.4, .degrees = -50};
constexpr AugmentDraw::Window kWindow{.top = 1.25, .left = 2.5, .height = 4.5, .width = 3.75};

TEST_CASE("crops and flips equal PyTorch's", "[pytorch]") {
  check_draw("plain", {});
  check_draw("crop_zero", {.top = 5, .left = 1}, {.crop = 3, .crop_border = Border::zero});
  check_draw("crop_black", {.top = 5, .left = 1}, {.crop = 3, .crop_border = Border::black});
  check_draw("crop_reflect", {.top = 5, .left = 1}, {.crop = 3, .crop_border = Border::reflect});
  check_draw("flip", {.flip = true});
  check_draw("crop_flip", {.top = 4, .left = 3, .flip = true}, {.crop = 2});
}

TEST_CASE("rotations and shifts and scales equal PyTorch's", "[pytorch]") {
  const std::pair<const char*, Border> borders[] = {
      {"zero", Border::zero}, {"black", Border::black}, {"reflect", Border::reflect}};
  for (const auto& [name, border] : borders) {
    const AugmentRecipe recipe{.shift_scale_rotate = {.border = border},
                               .rotation = {.border = border}};
    check_draw(std::string("rotation_") + name, {.rotation = 33.5}, recipe);
    check_draw(std::string("shift_scale_rotate_") + name, {.shift_scale_rotate = kTurn}, recipe);
    check_draw(std::string("shrink_") + name, {.shift_scale_rotate = kShrink}, recipe);
  }
  check_draw("half_turn", {.rotation = 180}, {.rotation = {.border = Border::zero}});
  const AugmentRecipe black{.shift_scale_rotate = {.border = Border::black}};
  check_draw("shift", {.shift_scale_rotate = Motion{.dx = 2, .dy = -1}}, black);
  check_draw("turned_twice", {.shift_scale_rotate = kTurn, .rotation = -20}, black);
}

TEST_CASE("resized crops equal PyTorch's", "[pytorch]") {
  check_draw("window", {.window = kWindow});
  check_draw("window_edges",
             {.window = AugmentDraw::Window{.top = 0, .left = 3.5, .height = 3.5, .width = 4.5}});
}

void check_jitter(const std::string& name, const AugmentDraw::ColourJitter& jitter) {
  check_draw(name, {.colour_jitter = jitter});
}

TEST_CASE("colour jitter equals torchvision's formulas", "[pytorch]") {
  check_jitter("brighter", {.brightness = 1.4});
  check_jitter("darker", {.brightness = 0.5});
  check_jitter("more_contrast", {.contrast = 1.5});
  check_jitter("less_contrast", {.contrast = 0.6});
  check_jitter("saturated", {.saturation = 1.7});
  check_jitter("faded", {.saturation = 0.3});
  check_jitter("hue_forwards", {.hue = 0.2});
  check_jitter("hue_backwards", {.hue = -0.35});
  check_jitter("jitter", {.brightness = 1.2, .contrast = 0.8, .saturation = 1.3, .hue = 0.1});
  const AugmentDraw::ColourJitter grey{
      .brightness = 0.8, .contrast = 1.5, .saturation = 1.3, .hue = 0.2};
  check_draw("jitter_grey", {.colour_jitter = grey}, {}, 1);
}

TEST_CASE("cutout equals a mask", "[pytorch]") {
  check_draw("cutout_odd", {.cutout = AugmentDraw::Cutout{3, 4}}, {.cutout = {.size = 3}});
  check_draw("cutout_even", {.cutout = AugmentDraw::Cutout{3, 4}}, {.cutout = {.size = 4}});
  check_draw("cutout_corner", {.cutout = AugmentDraw::Cutout{0, 7}}, {.cutout = {.size = 4}});
}

TEST_CASE("all augmentations together equal PyTorch's", "[pytorch]") {
  const AugmentDraw::ColourJitter dark{
      .brightness = 0.9, .contrast = 1.3, .saturation = 0.7, .hue = -0.1};
  check_draw("rotation_jitter", {.rotation = 33.5, .colour_jitter = dark},
             {.rotation = {.border = Border::zero}});
  const AugmentDraw::ColourJitter bright{
      .brightness = 1.1, .contrast = 0.9, .saturation = 1.2, .hue = 0.05};
  check_draw("everything",
             {.top = 1,
              .left = 4,
              .flip = true,
              .shift_scale_rotate = kTurn,
              .rotation = -20,
              .window = kWindow,
              .colour_jitter = bright,
              .cutout = AugmentDraw::Cutout{6, 2}},
             {.crop = 2, .cutout = {.size = 2}});
}

/// 32 images and their labels, as oracle/augmentations.py's `mixup` has them.
DataSet grey_images() {
  DataSet set;
  set.channels = 1;
  set.height = set.width = 28;
  set.images = bytes_of(32 * 28 * 28, 41);
  for (const std::int32_t label : labels_of(32, 42)) set.labels.push_back(std::uint8_t(label));
  return set;
}

void check_mixup(const std::string& name, double alpha, std::uint32_t epoch) {
  const auto program = castnet::generated::make_orders();
  ProgramInfo info = program->info();
  info.recipe.augment.mixup = alpha;
  info.recipe.label_smoothing = 0.1;
  Augmenter augmenter(info, {{0.5}, {0.25}});
  std::vector<std::uint32_t> samples(32);
  std::iota(samples.begin(), samples.end(), 0U);
  augmenter.fill(*program, grey_images(), samples, 7, epoch);

  std::vector<float> images;
  for (std::size_t i = 0; i < 32 * 28 * 28; i += 49) {
    const ImageSlot slot = program->image(int(i / (28 * 28)));
    images.push_back(slot.first[std::ptrdiff_t(i % (28 * 28)) * slot.stride]);
  }
  const Fixtures& expected = augmentations();
  const std::string prefix = "mixup/" + name;
  CHECK(draw_mixup(alpha, 0, epoch, 7) == Approx(expected[prefix + "/share"][0]).epsilon(1e-6));
  check_close(prefix, images, expected[prefix + "/images"], kTolerance);
  const auto targets = program->targets();
  check_close(prefix, {targets.begin(), targets.end()}, expected[prefix + "/targets"], kTolerance);
}

TEST_CASE("mixup equals a weighted sum", "[pytorch]") {
  check_mixup("small", 0.2, 3);
  check_mixup("one", 1, 0);
  check_mixup("large", 2.5, 1);
}

}  // namespace
