#include "data/augment_draw.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "../catch.hpp"

using namespace castnet;

namespace {

constexpr ImageShape kShape{.channels = 3, .height = 20, .width = 30};
constexpr std::uint32_t kDraws = 20000;

/// Everything on, with probability p.
AugmentRecipe everything(double p) {
  return {.shift_scale_rotate = {.shift = 0.1, .scale = 0.2, .degrees = 15, .probability = p},
          .rotation = {.degrees = 30, .probability = p},
          .resized_crop = {.least_area = 0.1,
                           .most_area = 0.3,
                           .least_aspect = 0.5,
                           .most_aspect = 2,
                           .probability = p},
          .crop = 4,
          .flip = AugmentRecipe::Flip::random,
          .colour_jitter =
              {.brightness = 0.4, .contrast = 0.3, .saturation = 1.5, .hue = 0.1, .probability = p},
          .cutout = {.size = 8, .probability = p}};
}

using Figure = std::function<double(const AugmentDraw&)>;

std::vector<double> figures(const AugmentRecipe& recipe, const Figure& figure) {
  std::vector<double> values;
  for (std::uint32_t sample = 0; sample < kDraws; ++sample) {
    values.push_back(figure(draw_augment(recipe, kShape, sample, sample % 3, 17)));
  }
  return values;
}

/// Counts in ten equal parts of [least, most), each within five standard deviations.
void check_uniform(const std::vector<double>& values, double least, double most) {
  std::array<int, 10> bins{};
  for (const double value : values) {
    REQUIRE(value >= least);
    REQUIRE(value <= most);
    ++bins[std::min<std::size_t>(static_cast<std::size_t>(10 * (value - least) / (most - least)),
                                 9)];
  }
  const double n = static_cast<double>(values.size());
  for (const int count : bins) CHECK(std::abs(count - n / 10) < 5 * std::sqrt(n * 0.09));
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// Pearson's.
double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

std::vector<double> mixup_draws(double alpha) {
  std::vector<double> values;
  for (std::uint32_t first = 0; first < kDraws; ++first) {
    values.push_back(draw_mixup(alpha, first, first % 5, 8));
  }
  return values;
}

struct Uniform {
  const char* name;
  double least, most;
  Figure figure;
};

/// All uniform figures of everything(1).
std::vector<Uniform> uniforms() {
  using D = AugmentDraw;
  return {
      {"dx", -3, 3, [](const D& d) { return d.shift_scale_rotate->dx; }},
      {"dy", -2, 2, [](const D& d) { return d.shift_scale_rotate->dy; }},
      {"scale", 0.8, 1.2, [](const D& d) { return d.shift_scale_rotate->scale; }},
      {"angle", -15, 15, [](const D& d) { return d.shift_scale_rotate->degrees; }},
      {"rotation", -30, 30, [](const D& d) { return *d.rotation; }},
      {"area", 60, 180, [](const D& d) { return d.window->height * d.window->width; }},
      {"log aspect", -std::numbers::ln2, std::numbers::ln2,
       [](const D& d) { return std::log(d.window->width / d.window->height); }},
      {"window's top", 0, 1, [](const D& d) { return d.window->top / (20 - d.window->height); }},
      {"window's left", 0, 1, [](const D& d) { return d.window->left / (30 - d.window->width); }},
      {"brightness", 0.6, 1.4, [](const D& d) { return d.colour_jitter->brightness; }},
      {"contrast", 0.7, 1.3, [](const D& d) { return d.colour_jitter->contrast; }},
      {"saturation", 0, 2.5, [](const D& d) { return d.colour_jitter->saturation; }},
      {"hue", -0.1, 0.1, [](const D& d) { return d.colour_jitter->hue; }},
      {"cutout's y", 0, 1, [](const D& d) { return (d.cutout->y + 0.5) / 20; }},
      {"cutout's x", 0, 1, [](const D& d) { return (d.cutout->x + 0.5) / 30; }},
  };
}

}  // namespace

TEST_CASE("draws are uniform within their bounds", "[runtime][augment]") {
  for (const Uniform& uniform : uniforms()) {
    INFO(uniform.name);
    check_uniform(figures(everything(1), uniform.figure), uniform.least, uniform.most);
  }
}

TEST_CASE("draws do not depend on each other", "[runtime][augment]") {
  std::vector<Uniform> all = uniforms();
  all.push_back({"crop's top", 0, 8, [](const AugmentDraw& d) { return double(d.top); }});
  all.push_back({"crop's left", 0, 8, [](const AugmentDraw& d) { return double(d.left); }});
  all.push_back({"flip", 0, 1, [](const AugmentDraw& d) { return d.flip ? 1.0 : 0.0; }});
  std::vector<std::vector<double>> values;
  for (const Uniform& one : all) values.push_back(figures(everything(1), one.figure));
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      INFO(all[i].name << " and " << all[j].name);
      CHECK(std::abs(correlation(values[i], values[j])) < 5 / std::sqrt(kDraws));
    }
  }
}

TEST_CASE("probabilities are honoured", "[runtime][augment]") {
  const double p = GENERATE(0.0, 0.3, 1.0);
  const std::vector<Figure> happens = {
      [](const AugmentDraw& d) { return d.shift_scale_rotate ? 1 : 0; },
      [](const AugmentDraw& d) { return d.rotation ? 1 : 0; },
      [](const AugmentDraw& d) { return d.window ? 1 : 0; },
      [](const AugmentDraw& d) { return d.colour_jitter ? 1 : 0; },
      [](const AugmentDraw& d) { return d.cutout ? 1 : 0; }};
  std::vector<std::vector<double>> each;
  for (const Figure& figure : happens) {
    each.push_back(figures(everything(p), figure));
    CHECK(std::abs(mean_of(each.back()) - p) <= 5 * std::sqrt(p * (1 - p) / kDraws));
  }
  if (p != 0.3) return;
  for (std::size_t i = 1; i < each.size(); ++i) {
    CHECK(std::abs(correlation(each[0], each[i])) < 5 / std::sqrt(kDraws));
  }
}

TEST_CASE("crop and flip are spread evenly over offsets and sides", "[runtime][augment]") {
  std::array<int, 9> top{}, left{};
  int flips = 0;
  for (std::uint32_t sample = 0; sample < 2 * kDraws; ++sample) {
    const AugmentDraw draw = draw_augment(everything(1), kShape, sample, sample % 7, 3);
    ++top[static_cast<std::size_t>(draw.top)];
    ++left[static_cast<std::size_t>(draw.left)];
    flips += draw.flip ? 1 : 0;
  }
  // Five standard deviations: sqrt(n p (1 - p)) is 63 for an offset and 100 for a side.
  for (const int count : top) CHECK(count == Approx(2 * kDraws / 9.0).margin(315));
  for (const int count : left) CHECK(count == Approx(2 * kDraws / 9.0).margin(315));
  CHECK(flips == Approx(kDraws).margin(500));
}

TEST_CASE("crop and flip draw the same whatever else is drawn", "[runtime][augment]") {
  const AugmentRecipe alone{.crop = 4, .flip = AugmentRecipe::Flip::random};
  for (std::uint32_t sample = 0; sample < 200; ++sample) {
    const AugmentDraw a = draw_augment(alone, kShape, sample, 2, 5);
    const AugmentDraw b = draw_augment(everything(1), kShape, sample, 2, 5);
    REQUIRE(a.top == b.top);
    REQUIRE(a.left == b.left);
    REQUIRE(a.flip == b.flip);
  }
}

TEST_CASE("alternating flips show each image both ways in two epochs", "[runtime][augment]") {
  const AugmentRecipe alternating{.flip = AugmentRecipe::Flip::alternating};
  const AugmentRecipe random{.flip = AugmentRecipe::Flip::random};
  int flips = 0;
  for (std::uint32_t sample = 0; sample < 2000; ++sample) {
    const bool first = draw_augment(random, kShape, sample, 0, 4).flip;
    flips += first ? 1 : 0;
    for (std::uint32_t epoch = 0; epoch < 5; ++epoch) {
      const bool flip = draw_augment(alternating, kShape, sample, epoch, 4).flip;
      REQUIRE(flip == (epoch % 2 == 0 ? first : !first));
    }
  }
  CHECK(flips == Approx(1000).margin(112));
}

TEST_CASE("windows lie within the image", "[runtime][augment]") {
  const AugmentRecipe recipe{.resized_crop = {.least_area = 0.08,
                                              .most_area = 1,
                                              .least_aspect = 0.75,
                                              .most_aspect = 4.0 / 3,
                                              .probability = 1}};
  for (std::uint32_t sample = 0; sample < kDraws; ++sample) {
    const auto window = *draw_augment(recipe, kShape, sample, 0, 6).window;
    REQUIRE(window.top >= 0);
    REQUIRE(window.left >= 0);
    REQUIRE(window.top + window.height <= 20 + 1e-9);
    REQUIRE(window.left + window.width <= 30 + 1e-9);
    REQUIRE(window.width / window.height >= 0.75 - 1e-9);
    REQUIRE(window.width / window.height <= 4.0 / 3 + 1e-9);
    REQUIRE(window.width * window.height >= 0.08 * 600 - 1e-9);
  }
}

TEST_CASE("a window that never fits becomes the largest centred one", "[runtime][augment]") {
  AugmentRecipe recipe{.resized_crop = {.probability = 1}};  // the whole area as a square
  const auto wide = *draw_augment(recipe, {1, 2, 8}, 0, 0, 1).window;
  CHECK(wide.top == 0);
  CHECK(wide.left == 3);
  CHECK(wide.height == 2);
  CHECK(wide.width == 2);
  recipe.resized_crop.least_aspect = recipe.resized_crop.most_aspect = 2;
  const auto tall = *draw_augment(recipe, {1, 8, 4}, 0, 0, 1).window;
  CHECK(tall.top == 3);
  CHECK(tall.left == 0);
  CHECK(tall.height == 2);
  CHECK(tall.width == 4);
}

TEST_CASE("mixup's share has the moments of a Beta distribution", "[runtime][augment]") {
  const double alpha = GENERATE(0.05, 0.2, 0.5, 1.0, 3.0);
  const auto values = mixup_draws(alpha);
  // Of λ(1 - λ), which folding at 1/2 does not change: B(a+k, a+k) / B(a, a) for the k-th power.
  const auto log_beta = [](double a) { return 2 * std::lgamma(a) - std::lgamma(2 * a); };
  const auto moment = [&](int k) { return std::exp(log_beta(alpha + k) - log_beta(alpha)); };
  std::array<double, 2> sums{};
  for (const double value : values) {
    REQUIRE(value >= 0.5);
    REQUIRE(value <= 1);
    sums[0] += value * (1 - value);
    sums[1] += std::pow(value * (1 - value), 2);
  }
  for (const int k : {1, 2}) {
    const double sigma = std::sqrt((moment(2 * k) - moment(k) * moment(k)) / kDraws);
    CHECK(std::abs(sums[static_cast<std::size_t>(k - 1)] / kDraws - moment(k)) < 5 * sigma);
  }
}

TEST_CASE("mixup's share has the known distributions", "[runtime][augment]") {
  check_uniform(mixup_draws(1), 0.5, 1);
  // Beta(1/2, 1/2) is the arcsine distribution: (2/π)·asin(√λ) is uniform.
  std::vector<double> quantiles = mixup_draws(0.5);
  for (double& value : quantiles) value = 2 / std::numbers::pi * std::asin(std::sqrt(value));
  check_uniform(quantiles, 0.5, 1);
}

TEST_CASE("mixup's share differs from batch to batch", "[runtime][augment]") {
  CHECK(draw_mixup(0.3, 5, 1, 9) == draw_mixup(0.3, 5, 1, 9));
  CHECK(draw_mixup(0.3, 5, 1, 9) != draw_mixup(0.3, 6, 1, 9));
  CHECK(draw_mixup(0.3, 5, 1, 9) != draw_mixup(0.3, 5, 2, 9));
  CHECK(draw_mixup(0.3, 5, 1, 9) != draw_mixup(0.3, 5, 1, 10));
}
