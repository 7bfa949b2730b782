// One image's augmentation for fixed draws: by hand, and against slow definitions written out.
#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "../catch.hpp"
#include "core/philox.hpp"
#include "data/colour_jitter.hpp"
#include "data/image_augmenter.hpp"

using namespace castnet;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Values = std::vector<double>;

/// mean 0 and std 1/255: a normalised value is its byte.
Normalisation bytes_stay(int channels) {
  const auto count = static_cast<std::size_t>(channels);
  return {std::vector<double>(count, 0), std::vector<double>(count, 1.0 / 255)};
}

std::vector<Real> apply(const AugmentRecipe& recipe, const AugmentDraw& draw, ImageShape shape,
                        const Bytes& bytes, const Normalisation& normalisation) {
  const ImageAugmenter augmenter(recipe, shape, normalisation);
  auto scratch = augmenter.make_scratch();
  std::vector<Real> out(shape.elements(), -1);
  augmenter.apply(draw, bytes, scratch, {out.data(), 1});
  return out;
}

std::vector<Real> apply(const AugmentRecipe& recipe, const AugmentDraw& draw, ImageShape shape,
                        const Bytes& bytes) {
  return apply(recipe, draw, shape, bytes, bytes_stay(shape.channels));
}

void check_values(const std::vector<Real>& values, const Values& expected, double margin = 1e-4) {
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("element " << i);
    CHECK(static_cast<double>(values[i]) == Approx(expected[i]).margin(margin));
  }
}

Bytes noise(ImageShape shape) {
  Bytes bytes(shape.elements());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(philox({static_cast<std::uint32_t>(i), 0, 0, 0}, 1)[0]);
  }
  return bytes;
}

AugmentRecipe with_border(Border border) {
  AugmentRecipe recipe;
  recipe.shift_scale_rotate.border = recipe.rotation.border = recipe.crop_border = border;
  return recipe;
}

/// -- The definition of the geometry, step by step in the order of the recipe. --

/// An image as a function of a place, x + iy, defined everywhere.
using Point = std::complex<double>;

int mirror(int at, int size) {
  while (size > 1 && (at < 0 || at >= size)) at = at < 0 ? -at : 2 * (size - 1) - at;
  return size > 1 ? at : 0;
}

struct Definition {
  const AugmentRecipe& recipe;
  const AugmentDraw& draw;
  ImageShape shape;
  const Bytes& bytes;
  double mean;  ///< in bytes

  double pixel(int c, int y, int x, Border border) const {
    const bool outside = x < 0 || y < 0 || x >= shape.width || y >= shape.height;
    if (outside && border == Border::zero) return mean;
    if (outside && border == Border::black) return 0;
    const int row = mirror(y, shape.height), column = mirror(x, shape.width);
    return bytes[static_cast<std::size_t>((c * shape.height + row) * shape.width + column)];
  }

  double sample(int c, Point p, Border border) const {
    double sum = 0;  // every pixel's tent
    for (int y = static_cast<int>(std::floor(p.imag())); y <= std::ceil(p.imag()); ++y) {
      for (int x = static_cast<int>(std::floor(p.real())); x <= std::ceil(p.real()); ++x) {
        sum += (1 - std::abs(p.real() - x)) * (1 - std::abs(p.imag() - y)) * pixel(c, y, x, border);
      }
    }
    return sum;
  }

  /// Multiplying by e^{iφ} turns clockwise where y points down.
  Point turned(Point p, double degrees) const {
    return std::polar(1.0, degrees * std::numbers::pi / 180) * p;
  }

  double at(int c, int y, int x) const {
    int column = draw.flip ? shape.width - 1 - x : x;
    int row = y + draw.top - recipe.crop;
    column += draw.left - recipe.crop;
    const bool outside = row < 0 || column < 0 || row >= shape.height || column >= shape.width;
    if (outside && recipe.crop_border != Border::reflect) {
      return recipe.crop_border == Border::zero ? mean : 0;
    }
    Point p(mirror(column, shape.width), mirror(row, shape.height));
    if (draw.window) {
      const double right = (p.real() + 0.5) * draw.window->width / shape.width;
      const double down = (p.imag() + 0.5) * draw.window->height / shape.height;
      p = {std::min(std::max(draw.window->left + right - 0.5, 0.0), shape.width - 1.0),
           std::min(std::max(draw.window->top + down - 0.5, 0.0), shape.height - 1.0)};
    }
    const Point centre(shape.width / 2.0 - 0.5, shape.height / 2.0 - 0.5);
    if (draw.rotation) p = centre + turned(p - centre, *draw.rotation);
    Border border = recipe.rotation.border;
    if (const auto& s = draw.shift_scale_rotate) {
      p = centre + turned(p - centre - Point(s->dx, s->dy), s->degrees) / s->scale;
      border = recipe.shift_scale_rotate.border;
    }
    return sample(c, p, border);
  }
};

/// HSV by its six cases, as torchvision's.
std::array<double, 3> hue_by_cases(std::array<double, 3> rgb, double turns) {
  const auto [r, g, b] = rgb;
  const double most = std::max({r, g, b}), least = std::min({r, g, b});
  double h = 0;
  if (most > least) {
    if (most == r) {
      h = (g - b) / (most - least);
    } else {
      h = most == g ? 2 + (b - r) / (most - least) : 4 + (r - g) / (most - least);
    }
  }
  h = std::fmod(h / 6 + turns + 2, 1) * 6;
  const double s = most > 0 ? (most - least) / most : 0;
  const int sector = static_cast<int>(h) % 6;
  const double f = h - std::floor(h);
  const double p = most * (1 - s), q = most * (1 - s * f), t = most * (1 - s * (1 - f));
  const std::array<std::array<double, 3>, 6> cases = {
      {{most, t, p}, {q, most, p}, {p, most, t}, {p, q, most}, {t, p, most}, {most, p, q}}};
  return cases[static_cast<std::size_t>(sector)];
}

std::vector<Real> jittered(AugmentDraw::ColourJitter draw, std::vector<Real> image, int channels) {
  const int pixels = static_cast<int>(image.size()) / channels;
  jitter_colours(draw, {channels, 1, pixels}, image);
  return image;
}

}  // namespace

TEST_CASE("any geometry follows its definition", "[runtime][augment]") {
  const Border affine = GENERATE(Border::zero, Border::black, Border::reflect);
  const Border crop = GENERATE(Border::zero, Border::black, Border::reflect);
  const int chosen = GENERATE(range(0, 16));
  const ImageShape shape = chosen % 3 == 0 ? ImageShape{2, 4, 7} : ImageShape{3, 6, 5};
  const Bytes bytes = noise(shape);
  AugmentRecipe recipe = with_border(affine);
  recipe.rotation.border = Border::black;
  recipe.crop = 2;
  recipe.crop_border = crop;
  AugmentDraw draw{.top = chosen % 5, .left = (chosen * 3 + 1) % 5, .flip = chosen % 2 != 0};
  if ((chosen & 1) != 0) draw.shift_scale_rotate = {1.3, -2.2 + chosen, 0.7 + 0.05 * chosen, 20};
  if ((chosen & 2) != 0) draw.rotation = 7.0 * chosen - 50;
  if ((chosen & 4) != 0) draw.window = {0.5, 1.25, 2.5, 3};
  Normalisation normalisation = bytes_stay(shape.channels);
  for (double& mean : normalisation.mean) mean = 100.0 / 255;
  const auto values = apply(recipe, draw, shape, bytes, normalisation);
  const Definition definition{recipe, draw, shape, bytes, 100};
  Values expected;
  for (int c = 0; c < shape.channels; ++c) {
    for (int y = 0; y < shape.height; ++y) {
      for (int x = 0; x < shape.width; ++x) expected.push_back(definition.at(c, y, x) - 100);
    }
  }
  check_values(values, expected, 2e-3);
}

TEST_CASE("maps to whole pixels are exact", "[runtime][augment]") {
  const Border border = GENERATE(Border::zero, Border::black, Border::reflect);
  const AugmentRecipe recipe = with_border(border);
  const ImageShape shape{3, 32, 32};
  const Bytes bytes = noise(shape);
  const Normalisation normalisation{{0.49, 0.48, 0.44}, {0.24, 0.23, 0.26}};
  const auto run = [&](const AugmentDraw& draw) {
    return apply(recipe, draw, shape, bytes, normalisation);
  };
  const auto plain = run({});
  SECTION("no turn, shift, scale or window changes anything") {
    CHECK(run({.rotation = 0.0}) == plain);
    CHECK(run({.shift_scale_rotate = AugmentDraw::ShiftScaleRotate{}}) == plain);
    CHECK(run({.window = AugmentDraw::Window{0, 0, 32, 32}}) == plain);
  }
  SECTION("a quarter turn moves pixels counter-clockwise") {
    const auto turned = run({.rotation = 90.0});
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t y = 0; y < 32; ++y) {
        for (std::size_t x = 0; x < 32; ++x) {
          // The right column becomes the top row.
          REQUIRE(turned[(c * 32 + y) * 32 + x] == plain[(c * 32 + x) * 32 + 31 - y]);
        }
      }
    }
    CHECK(run({.shift_scale_rotate = {{.degrees = -90}}, .rotation = 180.0}) == turned);
    CHECK(run({.shift_scale_rotate = {{.degrees = 45}}, .rotation = -45.0}) == plain);
  }
}

TEST_CASE("shifts, scales and turns of small pictures", "[runtime][augment]") {
  const ImageShape row{1, 1, 4};
  const Bytes bytes = {10, 20, 40, 80};
  const auto moved = [&](Border border, AugmentDraw::ShiftScaleRotate draw) {
    return apply(with_border(border), {.shift_scale_rotate = draw}, row, bytes);
  };
  SECTION("to the right, and what comes in from outside") {
    check_values(moved(Border::reflect, {.dx = 1}), {20, 10, 20, 40});
    check_values(moved(Border::reflect, {.dx = 3}), {80, 40, 20, 10});
    check_values(moved(Border::reflect, {.dx = 4}), {40, 80, 40, 20});
    check_values(moved(Border::black, {.dx = -2}), {40, 80, 0, 0});
    check_values(moved(Border::zero, {.dx = 0.5}), {5, 15, 30, 60});
  }
  SECTION("larger, about the centre") {
    // Place x of the output is 1.5 + (x - 1.5) / 2 of the input.
    check_values(moved(Border::reflect, {.scale = 2}), {17.5, 25, 35, 50});
  }
  SECTION("a shift comes after the turn and scale") {
    check_values(moved(Border::black, {.dx = 1, .degrees = 180}), {0, 80, 40, 20});
  }
  SECTION("a turn comes after the shift of shift_scale_rotate") {
    const auto both = apply(with_border(Border::black),
                            {.shift_scale_rotate = {{.dx = 1}}, .rotation = 180.0}, row, bytes);
    check_values(both, {40, 20, 10, 0});
  }
}

TEST_CASE("a window is stretched over the image", "[runtime][augment]") {
  const ImageShape row{1, 1, 4};
  const auto window = [&](double left, double width) {
    return apply({}, {.window = AugmentDraw::Window{0, left, 1, width}}, row, {10, 20, 40, 80});
  };
  // Places -0.25 (clamped), 0.25, 0.75, 1.25; then 1.75, 2.25, 2.75, 3.25.
  check_values(window(0, 2), {10, 12.5, 17.5, 25});
  check_values(window(2, 2), {35, 50, 70, 80});
}

TEST_CASE("borders after normalisation", "[runtime][augment]") {
  const ImageShape shape{2, 1, 2};
  const Normalisation normalisation{{0.2, 0.4}, {0.5, 0.1}};
  const auto outside = [&](Border border, const AugmentDraw& draw) {
    AugmentRecipe recipe = with_border(border);
    recipe.crop = 0;
    return apply(recipe, draw, shape, {255, 255, 255, 255}, normalisation);
  };
  const AugmentDraw away{.shift_scale_rotate = {{.dx = 100}}};
  CHECK(outside(Border::zero, away) == std::vector<Real>{0, 0, 0, 0});
  check_values(outside(Border::black, away), {-0.4, -0.4, -4, -4}, 1e-6);
  AugmentDraw brighter = away;
  brighter.colour_jitter = {.brightness = 1.5};  // the mean colour becomes 0.3, 0.6
  check_values(outside(Border::zero, brighter), {0.2, 0.2, 2, 2}, 1e-6);
}

TEST_CASE("brightness, contrast and saturation follow their definitions", "[runtime][augment]") {
  // Two pixels: (0.2, 0.4, 0.6) and (0.9, 0.5, 0.1).
  const std::vector<Real> image = {0.2F, 0.9F, 0.4F, 0.5F, 0.6F, 0.1F};
  const double grey0 = 0.2989 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6;
  const double grey1 = 0.2989 * 0.9 + 0.587 * 0.5 + 0.114 * 0.1;
  const double mean = (grey0 + grey1) / 2;
  check_values(jittered({.brightness = 2}, image, 3), {0.4, 1, 0.8, 1, 1, 0.2}, 1e-6);
  check_values(jittered({.contrast = 0}, image, 3), {mean, mean, mean, mean, mean, mean}, 1e-6);
  check_values(jittered({.contrast = 1.5}, image, 3),
               {0.3 - mean / 2, 1, 0.6 - mean / 2, 0.75 - mean / 2, 0.9 - mean / 2, 0}, 1e-6);
  check_values(jittered({.saturation = 0}, image, 3), {grey0, grey1, grey0, grey1, grey0, grey1},
               1e-6);
  check_values(jittered({.saturation = 0.5}, image, 3),
               {0.1 + grey0 / 2, 0.45 + grey1 / 2, 0.2 + grey0 / 2, 0.25 + grey1 / 2,
                0.3 + grey0 / 2, 0.05 + grey1 / 2},
               1e-6);
  // In order: brightness clamps before contrast takes its mean of (0.4, 0.8, 1), (1, 1, 0.2).
  const double brighter = (0.2989 * 1.4 + 0.587 * 1.8 + 0.114 * 1.2) / 2;
  check_values(jittered({.brightness = 2, .contrast = 0}, image, 3), Values(6, brighter), 1e-6);
}

TEST_CASE("one channel has neither saturation nor hue", "[runtime][augment]") {
  const std::vector<Real> image = {0.2F, 0.6F};
  CHECK(jittered({.saturation = 0, .hue = 0.3}, image, 1) == image);
  check_values(jittered({.contrast = 0.5}, image, 1), {0.3, 0.5}, 1e-6);
}

TEST_CASE("hue turns as in HSV", "[runtime][augment]") {
  check_values(jittered({.hue = 1.0 / 3}, {1, 0, 0}, 3), {0, 1, 0}, 1e-6);
  check_values(jittered({.hue = 0.5}, {1, 0, 0}, 3), {0, 1, 1}, 1e-6);
  check_values(jittered({.hue = -1.0 / 6}, {0.8F, 0.3F, 0.3F}, 3), {0.8, 0.3, 0.8}, 1e-6);
  check_values(jittered({.hue = 0.2}, {0.4F, 0.4F, 0.4F}, 3), {0.4, 0.4, 0.4}, 1e-6);
  for (const double turns : {-0.5, -0.31, -0.1, 0.05, 0.25, 0.5}) {
    const Bytes bytes = noise({1, 1, 300});
    for (std::size_t i = 0; i < 300; i += 3) {
      const std::array<double, 3> rgb = {bytes[i] / 255.0, bytes[i + 1] / 255.0,
                                         bytes[i + 2] / 255.0};
      const auto expected = hue_by_cases(rgb, turns);
      check_values(
          jittered(
              {.hue = turns},
              {static_cast<Real>(rgb[0]), static_cast<Real>(rgb[1]), static_cast<Real>(rgb[2])}, 3),
          {expected.begin(), expected.end()}, 2e-5);
    }
  }
}

TEST_CASE("colours change between geometry and normalisation", "[runtime][augment]") {
  const Normalisation normalisation{{0.5}, {0.25}};
  const AugmentDraw draw{.flip = true, .colour_jitter = {{.brightness = 0.5}}};
  check_values(apply({}, draw, {1, 1, 2}, {255, 102}, normalisation),
               {(0.2 - 0.5) / 0.25, (0.5 - 0.5) / 0.25}, 1e-6);
}

TEST_CASE("cutout clears a square around its pixel, clipped at the edge", "[runtime][augment]") {
  const int size = GENERATE(1, 2, 3, 4, 9);
  const int y = GENERATE(0, 2, 4);
  const int x = GENERATE(0, 3, 5);
  const ImageShape shape{2, 5, 6};
  AugmentRecipe recipe;
  recipe.cutout.size = size;
  const Normalisation normalisation{{0.5, 0.1}, {0.25, 0.5}};
  const Bytes bytes(shape.elements(), 200);
  const auto values =
      apply(recipe, {.cutout = AugmentDraw::Cutout{y, x}}, shape, bytes, normalisation);
  const auto plain = apply(recipe, {}, shape, bytes, normalisation);
  for (int c = 0; c < 2; ++c) {
    for (int row = 0; row < 5; ++row) {
      for (int column = 0; column < 6; ++column) {
        const bool cut = 2 * (row - y) >= -size && 2 * (row - y) < size &&
                         2 * (column - x) >= -size && 2 * (column - x) < size;
        const auto i = static_cast<std::size_t>((c * 5 + row) * 6 + column);
        // An odd square is centred on the pixel; an even one reaches further up and left.
        const bool odd_cut = std::abs(row - y) <= size / 2 && std::abs(column - x) <= size / 2;
        REQUIRE(values[i] == ((size % 2 == 0 ? cut : odd_cut) ? Real{0} : plain[i]));
      }
    }
  }
}

TEST_CASE("recipes that do not fit are refused", "[runtime][augment]") {
  const auto make = [](const AugmentRecipe& recipe) {
    return ImageAugmenter(recipe, {1, 4, 3}, bytes_stay(1));
  };
  CHECK_THROWS_WITH(make({.crop = 3}), Catch::Contains("crop padding 3"));
  CHECK_THROWS_WITH(make({.shift_scale_rotate = {.scale = 1}}), Catch::Contains("scale is 1"));
}
