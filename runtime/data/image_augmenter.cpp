#include "data/image_augmenter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "data/colour_jitter.hpp"
#include "data/geometry.hpp"

namespace castnet {
namespace {

Channel make_channel(double mean, double std) {
  const auto real = [](double value) { return static_cast<Real>(value); };
  return {.plain = {.shift = 0, .scale = real(1.0 / 255)},
          .normalised = {.shift = real(255 * mean), .scale = real(1 / (255 * std))},
          .mean = real(mean),
          .std = real(std)};
}

/// Pixels of an image's row that are done together.
constexpr int kPixels = 16;
static_assert(kPixels == ImageAugmenter::kTogether);
using Bytes [[gnu::vector_size(kPixels)]] = std::uint8_t;

/// A vector of the elements I of `a` and `b` one behind the other.
template <int... I>
Bytes pick(Bytes a, Bytes b) {
#if defined __clang__ || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, I...);
#else
  return __builtin_shuffle(a, b, Bytes{I...});
#endif
}

/// Row i's byte j becomes row j's byte i: rows i and i + 8 are interleaved, four times.
void transpose(std::array<Bytes, kPixels>& rows) {
  for (int round = 0; round < 4; ++round) {
    const std::array<Bytes, kPixels> old = rows;
    for (std::size_t i = 0; i < 8; ++i) {
      rows[2 * i] = pick<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(  //
          old[i], old[i + 8]);
      rows[2 * i + 1] =
          pick<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(old[i], old[i + 8]);
    }
  }
}

/// A line's pixels in those columns, at most kPixels; any where a column is -1.
Bytes pixels_of(const std::uint8_t* line, std::span<const int> columns) {
  Bytes pixels = {};
  const int first = columns.front(), last = columns.back();
  if (columns.size() == kPixels && first >= 0 && last == first + kPixels - 1) {
    std::memcpy(&pixels, line + first, kPixels);
  } else if (columns.size() == kPixels && last >= 0 && first == last + kPixels - 1) {
    std::memcpy(&pixels, line + last, kPixels);
    pixels = pick<15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0>(pixels, pixels);
  } else {
    for (std::size_t x = 0; x < columns.size(); ++x) pixels[x] = line[std::max(columns[x], 0)];
  }
  return pixels;
}

}  // namespace

void check_recipe(const AugmentRecipe& recipe, ImageShape shape) {
  if (recipe.crop < 0 || recipe.crop >= std::min(shape.height, shape.width)) {
    throw std::invalid_argument(fmt::format("crop padding {} does not fit images of {}x{}",
                                            recipe.crop, shape.height, shape.width));
  }
  if (!(recipe.shift_scale_rotate.scale < 1)) {
    throw std::invalid_argument(fmt::format(
        "shift_scale_rotate's scale is {}; it must be below 1, or images shrink to nothing",
        recipe.shift_scale_rotate.scale));
  }
}

std::vector<Channel> make_channels(const Normalisation& normalisation) {
  std::vector<Channel> channels;
  for (std::size_t c = 0; c < normalisation.mean.size(); ++c) {
    channels.push_back(make_channel(normalisation.mean[c], normalisation.std[c]));
  }
  return channels;
}

ImageAugmenter::ImageAugmenter(const AugmentRecipe& recipe, ImageShape shape,
                               const Normalisation& normalisation)
    : recipe_(recipe), shape_(shape), channels_(make_channels(normalisation)) {
  check_recipe(recipe, shape);
  for (int top = 0; top <= 2 * recipe.crop; ++top) {
    for (int y = 0; y < shape.height; ++y) rows_.push_back(source_row(recipe, shape, top, y));
  }
  for (const bool flip : {false, true}) {
    for (int left = 0; left <= 2 * recipe.crop; ++left) {
      for (int x = 0; x < shape.width; ++x) {
        columns_.push_back(source_column(recipe, shape, left, flip, x));
      }
    }
  }
}

ImageAugmenter::Scratch ImageAugmenter::make_scratch() const {
  return {.rows = std::vector<double>(static_cast<std::size_t>(shape_.height)),
          .columns = std::vector<double>(static_cast<std::size_t>(shape_.width)),
          .within = std::vector<SampledWithin>(static_cast<std::size_t>(shape_.width)),
          .picture = std::vector<Real>(shape_.elements())};
}

const int* ImageAugmenter::source_rows(const AugmentDraw& draw) const {
  return rows_.data() + draw.top * shape_.height;
}

const int* ImageAugmenter::source_columns(const AugmentDraw& draw) const {
  const int table = (draw.flip ? 2 * recipe_.crop + 1 : 0) + draw.left;
  return columns_.data() + table * shape_.width;
}

// Values of images side by side share cache lines and vectors: squares of bytes, some pixels of
// each image, are transposed.
void ImageAugmenter::crop_row(LevelsOf levels, std::span<const Drawn> images, int c, int y,
                              ImageSlot out) const {
  const Levels of_channel = channels_[static_cast<std::size_t>(c)].*levels;
  out.first += out.stride * ((c * shape_.height + y) * shape_.width);
  for (int first = 0; first < shape_.width; first += kPixels) {
    const int pixels = std::min(kPixels, shape_.width - first);
    std::array<Bytes, kPixels> square = {};
    for (std::size_t i = 0; i < images.size(); ++i) {
      const int row = source_rows(*images[i].draw)[y];
      const int* columns = source_columns(*images[i].draw) + first;
      const std::uint8_t* line =
          images[i].bytes + (c * shape_.height + std::max(row, 0)) * shape_.width;
      square[i] = pixels_of(line, std::span(columns, static_cast<std::size_t>(pixels)));
    }
    transpose(square);
    Real* values = out.first + first * out.stride;
    for (int x = 0; x < pixels; ++x, values += out.stride) {
      for (std::size_t i = 0; i < images.size(); ++i) {
        values[i] = of_channel.of(square[static_cast<std::size_t>(x)][i]);
      }
    }
  }
  if (recipe_.crop == 0 || recipe_.crop_border == Border::reflect) return;
  for (const Drawn& image : images) {
    draw_border(levels, *image.draw, c, y, out);
    ++out.first;
  }
}

/// The parts of a row that lie outside of the image.
void ImageAugmenter::draw_border(LevelsOf levels, const AugmentDraw& draw, int c, int y,
                                 ImageSlot row) const {
  const Channel& channel = channels_[static_cast<std::size_t>(c)];
  const Real border = (channel.*levels).of(channel.outside(recipe_.crop_border));
  const bool all = source_rows(draw)[y] < 0;
  const int* columns = source_columns(draw);
  for (int x = 0; x < shape_.width; ++x) {
    if (all || columns[x] < 0) row.first[x * row.stride] = border;
  }
}

void ImageAugmenter::crop(LevelsOf levels, std::span<const Drawn> images, ImageSlot out) const {
  for (int c = 0; c < shape_.channels; ++c) {
    for (int y = 0; y < shape_.height; ++y) crop_row(levels, images, c, y, out);
  }
}

void ImageAugmenter::crop(std::span<const Drawn> images, ImageSlot out) const {
  crop(&Channel::normalised, images, out);
}

void ImageAugmenter::resample(LevelsOf levels, const AugmentDraw& draw,
                              std::span<const std::uint8_t> bytes, Scratch& scratch,
                              ImageSlot out) const {
  const Geometry geometry(recipe_, draw, shape_);
  const int* rows = source_rows(draw);
  const int* columns = source_columns(draw);
  for (double& row : scratch.rows) row = geometry.row(*rows++);
  for (double& column : scratch.columns) column = geometry.column(*columns++);
  const std::ptrdiff_t plane = std::ptrdiff_t{shape_.height} * shape_.width;
  const std::size_t width = scratch.columns.size();
  for (const double row : scratch.rows) {
    for (std::size_t x = 0; x < width; ++x) {
      scratch.within[x] = SampledWithin(geometry, row, scratch.columns[x]);
    }
    const std::uint8_t* of_plane = bytes.data();
    Real* line = out.first;
    for (const Channel& channel : channels_) {
      const Levels channel_levels = channel.*levels;
      Real* value = line;
      for (std::size_t x = 0; x < width; ++x, value += out.stride) {
        const SampledWithin& within = scratch.within[x];
        const Real level =
            within.first >= 0
                ? within.level(of_plane, shape_.width)
                : Sampled(geometry, row, scratch.columns[x]).level(geometry, channel, of_plane);
        *value = channel_levels.of(level);
      }
      of_plane += plane;
      line += plane * out.stride;
    }
    out.first += shape_.width * out.stride;
  }
}

void ImageAugmenter::normalise(std::span<const Real> picture, ImageSlot out) const {
  const std::size_t plane = picture.size() / channels_.size();
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    const Channel channel = channels_[c];  // a copy: `out` might be its numbers
    for (const Real value : picture.subspan(c * plane, plane)) {
      *out.first = channel.normalise(value);
      out.first += out.stride;
    }
  }
}

void ImageAugmenter::cut_out(const AugmentDraw& draw, ImageSlot out) const {
  const Square cut = cut_square(recipe_, draw, shape_);
  for (int c = 0; c < shape_.channels; ++c) {
    for (int y = cut.top; y < cut.bottom; ++y) {
      for (int x = cut.left; x < cut.right; ++x) {
        out.first[out.stride * ((c * shape_.height + y) * shape_.width + x)] = 0;
      }
    }
  }
}

void ImageAugmenter::apply(const AugmentDraw& draw, std::span<const std::uint8_t> bytes,
                           Scratch& scratch, ImageSlot out) const {
  const bool jitter = draw.colour_jitter.has_value();
  const LevelsOf levels = jitter ? &Channel::plain : &Channel::normalised;
  const ImageSlot picture = jitter ? ImageSlot{scratch.picture.data(), 1} : out;
  if (resamples(draw)) {
    resample(levels, draw, bytes, scratch, picture);
  } else {
    const Drawn image{&draw, bytes.data()};
    crop(levels, {&image, 1}, picture);
  }
  if (jitter) {
    jitter_colours(*draw.colour_jitter, shape_, scratch.picture);
    normalise(scratch.picture, out);
  }
  cut_out(draw, out);
}

}  // namespace castnet
