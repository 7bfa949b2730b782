// The random draws of augmentation for one image in one epoch, and for one batch.
#pragma once

#include <cstdint>
#include <optional>

#include "core/program.hpp"
#include "data/data_set.hpp"

namespace castnet {

/// The random choices for one image. Lengths are in pixels, y points downwards, and angles are in
/// degrees, positive counter-clockwise as seen on the screen. A missing choice means that the step
/// is not applied.
struct AugmentDraw {
  int top = 0;   ///< row of the padded image where the crop starts, in [0, 2·crop]
  int left = 0;  ///< column, likewise
  bool flip = false;

  /// Rotated and scaled about the image's centre, then moved right by dx and down by dy.
  struct ShiftScaleRotate {
    double dx = 0, dy = 0;
    double scale = 1;
    double degrees = 0;
  };
  std::optional<ShiftScaleRotate> shift_scale_rotate = {};

  std::optional<double> rotation = {};  ///< degrees, about the image's centre

  /// The part of the image that is stretched over all of it; within [0, height] x [0, width].
  struct Window {
    double top, left, height, width;
  };
  std::optional<Window> window = {};

  /// Factors of brightness, contrast and saturation, and the hue's shift in turns.
  struct ColourJitter {
    double brightness = 1, contrast = 1, saturation = 1;
    double hue = 0;
  };
  std::optional<ColourJitter> colour_jitter = {};

  /// The pixel around which a square is cut out.
  struct Cutout {
    int y, x;
  };
  std::optional<Cutout> cutout = {};
};

/// Whether some images may need more than crop, flip and cutout, which work row by row.
constexpr bool needs_whole_images(const AugmentRecipe& recipe) {
  return recipe.shift_scale_rotate.probability > 0 || recipe.rotation.probability > 0 ||
         recipe.resized_crop.probability > 0 || recipe.colour_jitter.probability > 0;
}

/// The draw of `sample` in `epoch`, for images of `shape`.
///
/// The words of block k are w = philox({sample, epoch, k, augment}, seed), u = w / 2^32 in [0, 1).
/// What has a probability p happens if u[0] < p of its (first) block.
///
/// | k | words |
/// | --- | --- |
/// | 0 | top = w[0]·(2·crop + 1) >> 32, left = w[1]·(2·crop + 1) >> 32, flip = w[2] >> 31 |
/// | 1, 2 | shift_scale_rotate: u[0], dx, dy, scale; angle |
/// | 3 | rotation: u[0], angle |
/// | 4, 16 … 25 | resized_crop: u[0]; a try each: area, aspect, top, left |
/// | 5, 6 | colour_jitter: u[0], brightness, contrast, saturation; hue |
/// | 7 | cutout: u[0], y = w[1]·height >> 32, x = w[2]·width >> 32 |
///
/// All are uniform in their ranges, but the aspect ratio, which is so in its logarithm.
/// `alternating` flips take w[2] of epoch 0, inverted in every odd epoch (counted from 0), so that
/// two epochs show each image both ways.
///
/// resized_crop draws a window as torchvision's RandomResizedCrop, but unrounded: of ten tries the
/// first that fits into the image; else the largest centred window whose aspect ratio is the one in
/// the range that is nearest to the image's.
AugmentDraw draw_augment(const AugmentRecipe& recipe, ImageShape shape, std::uint32_t sample,
                         std::uint32_t epoch, std::uint64_t seed);

/// The share that each image keeps in mixup (H. Zhang et al., "mixup: Beyond empirical risk
/// minimization", ICLR 2018): max(λ, 1 - λ) with λ ~ Beta(alpha, alpha), for the batch that begins
/// with sample `first` in `epoch`. alpha is above 0.
///
/// λ by algorithm BA of R. C. H. Cheng, "Generating beta variates with nonintegral shape
/// parameters", CACM 21 (1978); try i takes u[0] and u[1], moved by 2^-33 off 0, of block 32 + i.
double draw_mixup(double alpha, std::uint32_t first, std::uint32_t epoch, std::uint64_t seed);

}  // namespace castnet
