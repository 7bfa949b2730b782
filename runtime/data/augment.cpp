#include "data/augment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/philox.hpp"
#include "core/targets.hpp"

namespace castnet {
namespace {

/// Where the padded coordinate `at` (0 is the first padding pixel) lies in the image; -1: outside.
int source(int at, int size, const AugmentRecipe& recipe) {
  const int place = at - recipe.crop;
  if (place >= 0 && place < size) return place;
  if (recipe.crop_border == Border::zero) return -1;
  return place < 0 ? -place : 2 * (size - 1) - place;
}

std::vector<int> source_table(int size, const AugmentRecipe& recipe) {
  std::vector<int> table;
  for (int offset = 0; offset <= 2 * recipe.crop; ++offset) {
    for (int i = 0; i < size; ++i) table.push_back(source(offset + i, size, recipe));
  }
  return table;
}

}  // namespace

AugmentDraw draw_augment(const AugmentRecipe& recipe, std::uint32_t sample, std::uint32_t epoch,
                         std::uint64_t seed) {
  const Philox4 words =
      philox({sample, epoch, 0, static_cast<std::uint32_t>(Stream::augment)}, seed);
  const auto places = static_cast<std::uint64_t>(2 * recipe.crop + 1);
  return {.top = static_cast<int>(words[0] * places >> 32),
          .left = static_cast<int>(words[1] * places >> 32),
          .flip = recipe.flip != AugmentRecipe::Flip::none && words[2] >> 31 != 0};
}

Augmenter::Augmenter(const ProgramInfo& info)
    : recipe_(info.recipe.augment),
      smoothing_(info.recipe.label_smoothing),
      batch_(info.batch),
      channels_(info.channels),
      height_(info.height),
      width_(info.width),
      values_(static_cast<std::size_t>(info.channels)) {
  if (recipe_.crop < 0 || recipe_.crop >= std::min(height_, width_)) {
    throw std::invalid_argument(
        fmt::format("crop padding {} does not fit images of {}x{}", recipe_.crop, height_, width_));
  }
  for (std::size_t c = 0; c < values_.size(); ++c) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const double pixel = static_cast<double>(byte) / 255;
      values_[c][byte] = static_cast<Real>((pixel - info.mean[c]) / info.deviation[c]);
    }
  }
  rows_ = source_table(height_, recipe_);
  columns_ = source_table(width_, recipe_);
  const std::size_t unmirrored = columns_.size();
  columns_.resize(2 * unmirrored);
  for (std::size_t row = 0; row < unmirrored; row += static_cast<std::size_t>(width_)) {
    for (std::size_t x = 0, last = static_cast<std::size_t>(width_) - 1; x <= last; ++x) {
      columns_[unmirrored + row + x] = columns_[row + last - x];
    }
  }
}

const int* Augmenter::source_rows(const AugmentDraw& draw) const {
  return rows_.data() + draw.top * height_;
}

const int* Augmenter::source_columns(const AugmentDraw& draw) const {
  const int table = (draw.flip ? 2 * recipe_.crop + 1 : 0) + draw.left;
  return columns_.data() + table * width_;
}

// Slots lie side by side in memory on targets that interleave a batch, so a block is filled row by
// row: one row of 16 images stays in the first-level cache while its lanes are written.
void Augmenter::fill_block(Program& program, const DataSet& set, int first_slot,
                           const Draws& draws) const {
  const int slots = std::min(kBlock, batch_ - first_slot);
  const auto samples = program.samples().subspan(static_cast<std::size_t>(first_slot));
  for (int c = 0; c < channels_; ++c) {
    const auto& value = values_[static_cast<std::size_t>(c)];
    for (int y = 0; y < height_; ++y) {
      for (int slot = 0; slot < slots; ++slot) {
        const AugmentDraw& draw = draws[static_cast<std::size_t>(slot)];
        const auto target = program.image(first_slot + slot);
        Real* out = target.first + target.stride * ((c * height_ + y) * width_);
        const int row = source_rows(draw)[y];
        const int* columns = source_columns(draw);
        const std::uint8_t* bytes = set.image(samples[static_cast<std::size_t>(slot)]).data() +
                                    (c * height_ + std::max(row, 0)) * width_;
        for (int x = 0; x < width_; ++x, out += target.stride) {
          *out = row < 0 || columns[x] < 0 ? Real{0} : value[bytes[columns[x]]];
        }
      }
    }
  }
}

void Augmenter::fill(Program& program, const DataSet& set, std::span<const std::uint32_t> samples,
                     std::uint64_t seed, std::uint32_t epoch) const {
  for (std::size_t i = 0; i < samples.size(); ++i) {
    program.samples()[i] = samples[i];
    set_target(program, i, set.labels[samples[i]], smoothing_);
  }
#pragma omp parallel for
  for (int first = 0; first < batch_; first += kBlock) {
    Draws draws = {};
    for (int i = 0; i < std::min(kBlock, batch_ - first); ++i) {
      const std::uint32_t sample = samples[static_cast<std::size_t>(first + i)];
      draws[static_cast<std::size_t>(i)] = draw_augment(recipe_, sample, epoch, seed);
    }
    fill_block(program, set, first, draws);
  }
}

void Augmenter::fill_plain(Program& program, const DataSet& set, std::size_t first) const {
  for (std::size_t i = 0; i < static_cast<std::size_t>(batch_); ++i) {
    const std::size_t sample = std::min(first + i, set.size() - 1);
    program.samples()[i] = static_cast<std::uint32_t>(sample);
    set_target(program, i, set.labels[sample]);
  }
  Draws centre;
  centre.fill({.top = recipe_.crop, .left = recipe_.crop, .flip = false});
#pragma omp parallel for
  for (int block = 0; block < batch_; block += kBlock) fill_block(program, set, block, centre);
}

}  // namespace castnet
