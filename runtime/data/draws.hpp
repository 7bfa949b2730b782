// The random choices for an image and a batch, on every target, as documented in augment_draw.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>

#include "core/host_device.hpp"
#include "core/philox.hpp"
#include "core/program.hpp"
#include "data/augment_draw.hpp"

namespace castnet::draws {

enum class Block : std::uint32_t {
  crop_and_flip = 0,
  shift_scale_rotate = 1,
  shift_scale_rotate_angle = 2,
  rotation = 3,
  resized_crop = 4,
  colour_jitter = 5,
  hue = 6,
  cutout = 7,
  window_tries = 16,
  mixup_tries = 32
};

/// The blocks of one sample in one epoch.
struct Source {
  std::uint32_t sample, epoch;
  std::uint64_t seed;

  CASTNET_HOST_DEVICE Philox4 words(Block block, std::uint32_t index = 0) const {
    return philox({sample, epoch, static_cast<std::uint32_t>(block) + index,
                   static_cast<std::uint32_t>(Stream::augment)},
                  seed);
  }
};

CASTNET_HOST_DEVICE inline double unit(std::uint32_t word) {
  return static_cast<double>(word) * 0x1p-32;
}
CASTNET_HOST_DEVICE inline double between(double least, double most, std::uint32_t word) {
  return least + (most - least) * unit(word);
}
CASTNET_HOST_DEVICE inline int below(int count, std::uint32_t word) {
  return static_cast<int>(static_cast<std::uint64_t>(word) * static_cast<std::uint64_t>(count) >>
                          32);
}

CASTNET_HOST_DEVICE inline bool flip(AugmentRecipe::Flip flip, Source source) {
  if (flip == AugmentRecipe::Flip::none) return false;
  const bool alternating = flip == AugmentRecipe::Flip::alternating;
  const bool inverted = alternating && source.epoch % 2 != 0;
  if (alternating) source.epoch = 0;
  return (source.words(Block::crop_and_flip)[2] >> 31 != 0) != inverted;
}

CASTNET_HOST_DEVICE inline std::optional<AugmentDraw::ShiftScaleRotate> shift_scale_rotate(
    const AugmentRecipe::ShiftScaleRotate& recipe, ImageShape shape, const Source& source) {
  if (recipe.probability <= 0) return {};
  const Philox4 words = source.words(Block::shift_scale_rotate);
  if (unit(words[0]) >= recipe.probability) return {};
  const std::uint32_t angle = source.words(Block::shift_scale_rotate_angle)[0];
  return {{.dx = between(-recipe.shift, recipe.shift, words[1]) * shape.width,
           .dy = between(-recipe.shift, recipe.shift, words[2]) * shape.height,
           .scale = between(1 - recipe.scale, 1 + recipe.scale, words[3]),
           .degrees = between(-recipe.degrees, recipe.degrees, angle)}};
}

CASTNET_HOST_DEVICE inline std::optional<double> rotation(const AugmentRecipe::Rotation& recipe,
                                                          const Source& source) {
  if (recipe.probability <= 0) return {};
  const Philox4 words = source.words(Block::rotation);
  if (unit(words[0]) >= recipe.probability) return {};
  return between(-recipe.degrees, recipe.degrees, words[1]);
}

CASTNET_HOST_DEVICE inline AugmentDraw::Window largest_window(double least_aspect,
                                                              double most_aspect, double height,
                                                              double width) {
  const double aspect = std::clamp(width / height, least_aspect, most_aspect);
  const double w = std::min(width, height * aspect);
  const double h = std::min(height, width / aspect);
  return {.top = (height - h) / 2, .left = (width - w) / 2, .height = h, .width = w};
}

CASTNET_HOST_DEVICE inline std::optional<AugmentDraw::Window> window(
    const AugmentRecipe::ResizedCrop& recipe, ImageShape shape, const Source& source) {
  if (recipe.probability <= 0) return {};
  if (unit(source.words(Block::resized_crop)[0]) >= recipe.probability) return {};
  const double height = shape.height;
  const double width = shape.width;
  const double least = std::log(recipe.least_aspect);
  const double most = std::log(recipe.most_aspect);
  for (std::uint32_t attempt = 0; attempt < 10; ++attempt) {
    const Philox4 words = source.words(Block::window_tries, attempt);
    const double area = between(recipe.least_area, recipe.most_area, words[0]) * height * width;
    const double aspect = std::exp(between(least, most, words[1]));
    const double w = std::sqrt(area * aspect);
    const double h = std::sqrt(area / aspect);
    if (w > width || h > height) continue;
    return {{.top = between(0, height - h, words[2]),
             .left = between(0, width - w, words[3]),
             .height = h,
             .width = w}};
  }
  return largest_window(recipe.least_aspect, recipe.most_aspect, height, width);
}

/// A factor of colour_jitter.
CASTNET_HOST_DEVICE inline double factor(double change, std::uint32_t word) {
  return between(std::max(0.0, 1 - change), 1 + change, word);
}

CASTNET_HOST_DEVICE inline std::optional<AugmentDraw::ColourJitter> colour_jitter(
    const AugmentRecipe::ColourJitter& recipe, const Source& source) {
  if (recipe.probability <= 0) return {};
  const Philox4 words = source.words(Block::colour_jitter);
  if (unit(words[0]) >= recipe.probability) return {};
  return {{.brightness = factor(recipe.brightness, words[1]),
           .contrast = factor(recipe.contrast, words[2]),
           .saturation = factor(recipe.saturation, words[3]),
           .hue = between(-recipe.hue, recipe.hue, source.words(Block::hue)[0])}};
}

CASTNET_HOST_DEVICE inline std::optional<AugmentDraw::Cutout> cutout(
    const AugmentRecipe::Cutout& recipe, ImageShape shape, const Source& source) {
  if (recipe.probability <= 0) return {};
  const Philox4 words = source.words(Block::cutout);
  if (unit(words[0]) >= recipe.probability) return {};
  return {{.y = below(shape.height, words[1]), .x = below(shape.width, words[2])}};
}

/// Implements draw_augment.
CASTNET_HOST_DEVICE inline AugmentDraw augment(const AugmentRecipe& recipe, ImageShape shape,
                                               const Source& source) {
  const Philox4 words = source.words(Block::crop_and_flip);
  return {.top = below(2 * recipe.crop + 1, words[0]),
          .left = below(2 * recipe.crop + 1, words[1]),
          .flip = flip(recipe.flip, source),
          .shift_scale_rotate = shift_scale_rotate(recipe.shift_scale_rotate, shape, source),
          .rotation = rotation(recipe.rotation, source),
          .window = window(recipe.resized_crop, shape, source),
          .colour_jitter = colour_jitter(recipe.colour_jitter, source),
          .cutout = cutout(recipe.cutout, shape, source)};
}

/// The draw for evaluation: the crop is the image itself.
CASTNET_HOST_DEVICE inline AugmentDraw none(const AugmentRecipe& recipe) {
  return {.top = recipe.crop, .left = recipe.crop};
}

/// Implements draw_mixup.
CASTNET_HOST_DEVICE inline double mixup(double alpha, const Source& source) {
  // Cheng's beta and gamma for two shape parameters of alpha.
  const double spread = alpha <= 1 ? 1 / alpha : 1 / std::sqrt(alpha);
  const double tilt = alpha + 1 / spread;
  for (std::uint32_t attempt = 0;; ++attempt) {
    const Philox4 words = source.words(Block::mixup_tries, attempt);
    const double u = unit(words[0]) + 0x1p-33;
    const double v = spread * std::log(u / (1 - u));
    // log(1 + e^v), which must not overflow for a small alpha.
    const double softplus = std::max(v, 0.0) + std::log1p(std::exp(-std::abs(v)));
    const double bound =
        2 * alpha * (std::numbers::ln2 - softplus) + tilt * v - 2 * std::numbers::ln2;
    if (bound < std::log(u * u * (unit(words[1]) + 0x1p-33))) continue;
    return 1 / (1 + std::exp(-std::abs(v)));
  }
}

}  // namespace castnet::draws
