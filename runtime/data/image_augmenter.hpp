// Turns one image's bytes into normalised values, by a draw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/program.hpp"
#include "data/augment_draw.hpp"
#include "data/geometry.hpp"
#include "data/normalisation.hpp"
#include "data/pixels.hpp"

namespace castnet {

/// Throws std::invalid_argument if the recipe does not fit images of that shape.
void check_recipe(const AugmentRecipe& recipe, ImageShape shape);

/// The value of each byte of each channel.
std::vector<Channel> make_channels(const Normalisation& normalisation);

/// An image's bytes [channels][height][width], and its draw.
struct Drawn {
  const AugmentDraw* draw;
  const std::uint8_t* bytes;
};

/// Applies draws to images of one shape. The steps, in the order of AugmentRecipe's members:
///
/// 1. Geometry. Each output pixel is traced back through flip, crop, resized_crop, rotation and
///    shift_scale_rotate to one place in the image, which is sampled once, bilinearly between the
///    centres of pixels (PyTorch's align_corners=False). A map to whole pixels is exact.
/// 2. Colour jitter, on pixels in 0..1.
/// 3. Normalisation: (pixel - mean) / std of its channel.
/// 4. Cutout: a square of `size` pixels from size / 2 above and left of the drawn pixel, clipped at
///    the image's edge, becomes 0 (T. DeVries, G. W. Taylor, arXiv:1708.04552).
///
/// Outside of the image lies its border: the mean colour (0 after normalisation; torchvision's
/// RandomCrop after Normalize), black, or its reflection about the edge pixels, which are not
/// repeated (PyTorch's `reflect`). The crop has its own; where both shift_scale_rotate and
/// rotation act on an image, the border is the former's. A resized_crop's window lies within the
/// image, and its places are clamped to the centres of the edge pixels.
class ImageAugmenter {
 public:
  /// Memory for `apply`.
  struct Scratch {
    std::vector<double> rows, columns;
    std::vector<SampledWithin> within;  ///< a row of pixels
    std::vector<Real> picture;
  };

  /// Throws std::invalid_argument if the recipe does not fit the shape.
  ImageAugmenter(const AugmentRecipe& recipe, ImageShape shape, const Normalisation& normalisation);

  Scratch make_scratch() const;

  /// Applies all steps: `bytes` [channels][height][width] to `out`. Allocates nothing.
  void apply(const AugmentDraw& draw, std::span<const std::uint8_t> bytes, Scratch& scratch,
             ImageSlot out) const;

  /// Applies only crop, flip and normalisation to at most kTogether images, whose values lie side
  /// by side. `out` is the place of the first image; the next image's values follow.
  static constexpr int kTogether = 16;
  void crop(std::span<const Drawn> images, ImageSlot out) const;

  /// Applies only cutout.
  void cut_out(const AugmentDraw& draw, ImageSlot out) const;

 private:
  using LevelsOf = Levels Channel::*;

  void crop(LevelsOf levels, std::span<const Drawn> images, ImageSlot out) const;
  void crop_row(LevelsOf levels, std::span<const Drawn> images, int c, int y, ImageSlot out) const;
  void draw_border(LevelsOf levels, const AugmentDraw& draw, int c, int y, ImageSlot row) const;
  void resample(LevelsOf levels, const AugmentDraw& draw, std::span<const std::uint8_t> bytes,
                Scratch& scratch, ImageSlot out) const;
  void normalise(std::span<const Real> picture, ImageSlot out) const;
  const int* source_rows(const AugmentDraw& draw) const;
  const int* source_columns(const AugmentDraw& draw) const;

  AugmentRecipe recipe_;
  ImageShape shape_;
  std::vector<Channel> channels_;
  std::vector<int> rows_;     ///< [2·crop + 1][height]: source row, -1 outside
  std::vector<int> columns_;  ///< [2][2·crop + 1][width]: column, mirrored in the second half
};

}  // namespace castnet
