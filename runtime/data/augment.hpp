// From bytes to a program's input: crop, flip, normalise, in one pass.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/program.hpp"
#include "data/data_set.hpp"

namespace castnet {

/// One image's random draws.
struct AugmentDraw {
  int top = 0;   ///< row of the padded image where the crop starts, in [0, 2·crop]
  int left = 0;  ///< column, likewise
  bool flip = false;
};

/// The draw of `sample` in `epoch`: with w = philox({sample, epoch, 0, augment}, seed),
/// top = w[0]·(2·crop + 1) >> 32, left = w[1]·(2·crop + 1) >> 32, flip = w[2] >> 31.
AugmentDraw draw_augment(const AugmentRecipe& recipe, std::uint32_t sample, std::uint32_t epoch,
                         std::uint64_t seed);

/// Fills a program's images, targets and samples from a data set.
///
/// Each image is padded by `crop` pixels on each side, cropped back to its size at (top, left),
/// mirrored left to right if `flip`, and normalised: (byte / 255 - mean) / deviation of its
/// channel. Zero padding has value 0 after normalisation (the mean colour; torchvision's RandomCrop
/// after Normalize); reflect padding mirrors about the edge pixel without repeating it (PyTorch's
/// `reflect`). Nothing is allocated after construction.
class Augmenter {
 public:
  explicit Augmenter(const ProgramInfo& info);

  /// Training: slot i gets image samples[i]. `samples` has `batch` elements.
  void fill(Program& program, const DataSet& set, std::span<const std::uint32_t> samples,
            std::uint64_t seed, std::uint32_t epoch) const;

  /// Evaluation: slot i gets image first + i unchanged; slots past the end repeat the last image.
  void fill_plain(Program& program, const DataSet& set, std::size_t first) const;

 private:
  static constexpr int kBlock = 16;  // slots a thread fills together, row by row
  using Draws = std::array<AugmentDraw, kBlock>;

  void fill_block(Program& program, const DataSet& set, int first_slot, const Draws& draws) const;
  const int* source_rows(const AugmentDraw& draw) const;
  const int* source_columns(const AugmentDraw& draw) const;

  AugmentRecipe recipe_;
  double smoothing_;
  int batch_, channels_, height_, width_;
  std::vector<std::array<Real, 256>> values_;  ///< [channel][byte]
  std::vector<int> rows_;                      ///< [2·crop + 1][height]: source row, -1 outside
  std::vector<int>
      columns_;  ///< [2][2·crop + 1][width]: source column, mirrored in the second half
};

}  // namespace castnet
