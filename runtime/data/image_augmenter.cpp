#include "data/image_augmenter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "data/colour_jitter.hpp"
#include "data/geometry.hpp"

namespace castnet {
namespace {

/// The tables of a channel with that mean and deviation, of pixels in 0..1.
Channel make_channel(double mean, double deviation) {
  Channel channel;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const double pixel = static_cast<double>(byte) / 255;
    channel.plain.of[byte] = static_cast<Real>(pixel);
    channel.normalised.of[byte] = static_cast<Real>((pixel - mean) / deviation);
  }
  channel.mean = channel.plain.mean = static_cast<Real>(mean);
  channel.normalised.mean = 0;
  channel.deviation = static_cast<Real>(deviation);
  return channel;
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
    channels.push_back(make_channel(normalisation.mean[c], normalisation.deviation[c]));
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
          .picture = std::vector<Real>(shape_.elements())};
}

const int* ImageAugmenter::source_rows(const AugmentDraw& draw) const {
  return rows_.data() + draw.top * shape_.height;
}

const int* ImageAugmenter::source_columns(const AugmentDraw& draw) const {
  const int table = (draw.flip ? 2 * recipe_.crop + 1 : 0) + draw.left;
  return columns_.data() + table * shape_.width;
}

void ImageAugmenter::crop_row(Table table, const AugmentDraw& draw,
                              std::span<const std::uint8_t> bytes, int c, int y,
                              ImageSlot out) const {
  const Levels& level = channels_[static_cast<std::size_t>(c)].*table;
  const Real outside = level.outside(recipe_.crop_border);
  const int row = source_rows(draw)[y];
  const int* columns = source_columns(draw);
  const std::uint8_t* line = bytes.data() + (c * shape_.height + std::max(row, 0)) * shape_.width;
  Real* value = out.first + out.stride * ((c * shape_.height + y) * shape_.width);
  for (int x = 0; x < shape_.width; ++x, value += out.stride) {
    *value = row < 0 || columns[x] < 0 ? outside : level.of[line[columns[x]]];
  }
}

void ImageAugmenter::crop_row(const AugmentDraw& draw, std::span<const std::uint8_t> bytes, int c,
                              int y, ImageSlot out) const {
  crop_row(&Channel::normalised, draw, bytes, c, y, out);
}

void ImageAugmenter::resample(Table table, const AugmentDraw& draw,
                              std::span<const std::uint8_t> bytes, Scratch& scratch,
                              ImageSlot out) const {
  const Geometry geometry(recipe_, draw, shape_);
  const int* rows = source_rows(draw);
  const int* columns = source_columns(draw);
  for (double& row : scratch.rows) row = geometry.row(*rows++);
  for (double& column : scratch.columns) column = geometry.column(*columns++);
  const std::ptrdiff_t plane = std::ptrdiff_t{shape_.height} * shape_.width;
  Real* pixel = out.first;
  const std::span channels(channels_);
  for (const double row : scratch.rows) {
    for (const double column : scratch.columns) {
      const Sampled sampled(geometry, row, column);
      const std::uint8_t* of_plane = bytes.data();
      Real* value = pixel;
      for (const Channel& channel : channels) {
        *value = sampled.value(geometry, channel.*table, of_plane);
        of_plane += plane;
        value += plane * out.stride;
      }
      pixel += out.stride;
    }
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
  const Table table = jitter ? &Channel::plain : &Channel::normalised;
  const ImageSlot picture = jitter ? ImageSlot{scratch.picture.data(), 1} : out;
  if (resamples(draw)) {
    resample(table, draw, bytes, scratch, picture);
  } else {
    for (int c = 0; c < shape_.channels; ++c) {
      for (int y = 0; y < shape_.height; ++y) crop_row(table, draw, bytes, c, y, picture);
    }
  }
  if (jitter) {
    jitter_colours(*draw.colour_jitter, shape_, scratch.picture);
    normalise(scratch.picture, out);
  }
  cut_out(draw, out);
}

}  // namespace castnet
