#include "data/image_augmenter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "data/colour_jitter.hpp"

namespace castnet {
namespace {

/// Place `at` of an axis of `size` pixels, or of its reflection; -1: outside.
int inside(int at, int size, Border border) {
  if (at >= 0 && at < size) return at;
  if (border != Border::reflect) return -1;
  const int period = std::max(2 * (size - 1), 1);
  const int place = (at % period + period) % period;
  return std::min(place, period - place);
}

std::vector<int> source_table(int size, const AugmentRecipe& recipe) {
  std::vector<int> table;
  for (int offset = -recipe.crop; offset <= recipe.crop; ++offset) {
    for (int i = 0; i < size; ++i) table.push_back(inside(offset + i, size, recipe.crop_border));
  }
  return table;
}

/// `table` and its rows of `width` mirrored.
std::vector<int> with_mirrored(const std::vector<int>& table, int width) {
  std::vector<int> both = table;
  for (auto row = table.begin(); row != table.end(); row += width) {
    both.insert(both.end(), std::make_reverse_iterator(row + width),
                std::make_reverse_iterator(row));
  }
  return both;
}

/// Where places of the cropped image lie in an image of which a window was stretched; -1: outside.
void stretch(const int* table, int size, double first, double extent, std::span<double> places) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double place = first + (table[i] + 0.5) * extent / size - 0.5;
    places[i] = table[i] < 0 ? -1 : std::clamp<double>(place, 0, size - 1);
  }
}

/// From places (x, y) of the image after shift_scale_rotate and rotation to those before.
struct Affine {
  double centre_x, centre_y;
  double cosine = 1, sine = 0;  ///< of the whole turn, over the scale
  double dx = 0, dy = 0;

  Affine(const AugmentDraw& draw, ImageShape shape)
      : centre_x((shape.width - 1) / 2.0), centre_y((shape.height - 1) / 2.0) {
    const auto shift = draw.shift_scale_rotate.value_or(AugmentDraw::ShiftScaleRotate{});
    constexpr double kRadians = std::numbers::pi / 180;
    const double whole = (shift.degrees + draw.rotation.value_or(0)) * kRadians;
    cosine = std::cos(whole) / shift.scale;
    sine = std::sin(whole) / shift.scale;
    const double turned_x = std::cos(shift.degrees * kRadians) / shift.scale;
    const double turned_y = std::sin(shift.degrees * kRadians) / shift.scale;
    dx = turned_x * shift.dx - turned_y * shift.dy;
    dy = turned_y * shift.dx + turned_x * shift.dy;
  }

  double x(double at_x, double at_y) const {
    return centre_x + cosine * (at_x - centre_x) - sine * (at_y - centre_y) - dx;
  }
  double y(double at_x, double at_y) const {
    return centre_y + sine * (at_x - centre_x) + cosine * (at_y - centre_y) - dy;
  }
};

/// The two pixels of an axis around a place, -1 outside, and the second one's share.
struct Neighbours {
  int near, far;
  Real share;

  Neighbours(double place, int size, Border border) {
    const double before = std::floor(place);
    near = inside(static_cast<int>(before), size, border);
    far = inside(static_cast<int>(before) + 1, size, border);
    share = static_cast<Real>(place - before);
  }
  Real mix(Real at_near, Real at_far) const { return (1 - share) * at_near + share * at_far; }
};

void check(const AugmentRecipe& recipe, ImageShape shape) {
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

}  // namespace

ImageAugmenter::ImageAugmenter(const AugmentRecipe& recipe, ImageShape shape,
                               const Normalisation& normalisation)
    : recipe_(recipe), shape_(shape), normalisation_(normalisation) {
  check(recipe, shape);
  plain_.resize(static_cast<std::size_t>(shape.channels));
  normalised_.resize(plain_.size());
  for (std::size_t c = 0; c < plain_.size(); ++c) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const double pixel = static_cast<double>(byte) / 255;
      plain_[c].of[byte] = static_cast<Real>(pixel);
      normalised_[c].of[byte] =
          static_cast<Real>((pixel - normalisation.mean[c]) / normalisation.deviation[c]);
    }
    plain_[c].mean = static_cast<Real>(normalisation.mean[c]);
    normalised_[c].mean = 0;
  }
  rows_ = source_table(shape.height, recipe);
  columns_ = with_mirrored(source_table(shape.width, recipe), shape.width);
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

void ImageAugmenter::crop_row(const Picture& levels, const AugmentDraw& draw,
                              std::span<const std::uint8_t> bytes, int c, int y,
                              ImageSlot out) const {
  const Levels& level = levels[static_cast<std::size_t>(c)];
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
  crop_row(normalised_, draw, bytes, c, y, out);
}

void ImageAugmenter::resample(const Picture& levels, const AugmentDraw& draw,
                              std::span<const std::uint8_t> bytes, Scratch& scratch,
                              ImageSlot out) const {
  const auto [channels, height, width] = shape_;
  const auto window = draw.window.value_or(
      AugmentDraw::Window{0, 0, static_cast<double>(height), static_cast<double>(width)});
  stretch(source_rows(draw), height, window.top, window.height, scratch.rows);
  stretch(source_columns(draw), width, window.left, window.width, scratch.columns);
  const Affine affine(draw, shape_);
  const Border border =
      draw.shift_scale_rotate ? recipe_.shift_scale_rotate.border : recipe_.rotation.border;
  const std::ptrdiff_t plane = std::ptrdiff_t{height} * width;
  Real* pixel = out.first;
  for (const double row : scratch.rows) {
    for (const double column : scratch.columns) {
      const bool cropped = row >= 0 && column >= 0;
      const Neighbours h(cropped ? affine.x(column, row) : 0, width, border);
      const Neighbours v(cropped ? affine.y(column, row) : 0, height, border);
      for (int c = 0; c < channels; ++c) {
        const Levels& level = levels[static_cast<std::size_t>(c)];
        const auto at = [&](int y, int x) {
          return y < 0 || x < 0
                     ? level.outside(border)
                     : level.of[bytes[static_cast<std::size_t>(c * plane + y * width + x)]];
        };
        pixel[c * plane * out.stride] = cropped
                                            ? v.mix(h.mix(at(v.near, h.near), at(v.near, h.far)),
                                                    h.mix(at(v.far, h.near), at(v.far, h.far)))
                                            : level.outside(recipe_.crop_border);
      }
      pixel += out.stride;
    }
  }
}

void ImageAugmenter::normalise(std::span<const Real> picture, ImageSlot out) const {
  const std::size_t plane = picture.size() / plain_.size();
  for (std::size_t c = 0; c < plain_.size(); ++c) {
    const auto mean = static_cast<Real>(normalisation_.mean[c]);
    const auto deviation = static_cast<Real>(normalisation_.deviation[c]);
    for (const Real value : picture.subspan(c * plane, plane)) {
      *out.first = (value - mean) / deviation;
      out.first += out.stride;
    }
  }
}

void ImageAugmenter::cut_out(const AugmentDraw& draw, ImageSlot out) const {
  if (!draw.cutout) return;
  const int size = recipe_.cutout.size;
  const int top = draw.cutout->y - size / 2;
  const int left = draw.cutout->x - size / 2;
  for (int c = 0; c < shape_.channels; ++c) {
    for (int y = std::max(top, 0); y < std::min(top + size, shape_.height); ++y) {
      for (int x = std::max(left, 0); x < std::min(left + size, shape_.width); ++x) {
        out.first[out.stride * ((c * shape_.height + y) * shape_.width + x)] = 0;
      }
    }
  }
}

void ImageAugmenter::apply(const AugmentDraw& draw, std::span<const std::uint8_t> bytes,
                           Scratch& scratch, ImageSlot out) const {
  const bool jitter = draw.colour_jitter.has_value();
  const Picture& levels = jitter ? plain_ : normalised_;
  const ImageSlot picture = jitter ? ImageSlot{scratch.picture.data(), 1} : out;
  if (draw.shift_scale_rotate || draw.rotation || draw.window) {
    resample(levels, draw, bytes, scratch, picture);
  } else {
    for (int c = 0; c < shape_.channels; ++c) {
      for (int y = 0; y < shape_.height; ++y) crop_row(levels, draw, bytes, c, y, picture);
    }
  }
  if (jitter) {
    jitter_colours(*draw.colour_jitter, shape_, scratch.picture);
    normalise(scratch.picture, out);
  }
  cut_out(draw, out);
}

}  // namespace castnet
