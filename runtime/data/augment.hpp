// Fills a program's input from a data set's bytes: augmentation and normalisation of whole batches.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/program.hpp"
#include "data/data_set.hpp"
#include "data/image_augmenter.hpp"
#include "data/normalisation.hpp"

namespace castnet {

/// Fills a program's images, targets and samples from a data set. What happens to an image depends
/// on seed, epoch and sample (draw_augment), and in mixup on the batch; not on the number of
/// threads. Nothing is allocated after construction.
class Augmenter {
 public:
  /// Throws std::invalid_argument if the recipe does not fit the images' shape.
  Augmenter(const ProgramInfo& info, const Normalisation& normalisation);

  /// Training: slot i gets image samples[i], augmented (ImageAugmenter), and its target. `samples`
  /// has `batch` elements. With mixup, images and targets then become λ of their own and 1 - λ of
  /// the next slot's (the last one's partner is the first), with λ = draw_mixup(…, samples[0], …).
  void fill(Program& program, const DataSet& set, std::span<const std::uint32_t> samples,
            std::uint64_t seed, std::uint32_t epoch);

  /// Evaluation: slot i gets image first + i unchanged; slots past the end repeat the last image.
  void fill_plain(Program& program, const DataSet& set, std::size_t first) const;

 private:
  static constexpr int kBlock = ImageAugmenter::kTogether;  // slots a thread fills together
  using Draws = std::array<AugmentDraw, kBlock>;

  void crop_block(Program& program, const DataSet& set, int first_slot, const Draws& draws) const;
  void fill_block(Program& program, const DataSet& set, int first_slot, const Draws& draws);
  void mix(Program& program, Real share);

  AugmentRecipe recipe_;
  ImageShape shape_;
  double smoothing_;
  int batch_;
  ImageAugmenter images_;
  bool whole_images_;  ///< whether the recipe cannot be applied row by row
  std::vector<ImageAugmenter::Scratch> scratch_;  ///< one for each block, if whole_images_
};

}  // namespace castnet
