#include "data/augment.hpp"

#include <algorithm>

#include "core/targets.hpp"
#include "data/draws.hpp"
#include "data/pixels.hpp"

namespace castnet {
namespace {

/// Mixes elements [first, last) of each of `count` rows with the next row's; `row` gives a row's
/// slot. At most kChunk elements.
constexpr std::ptrdiff_t kChunk = 64;
template <class Row>
void mix_chunk(const Row& row, int count, Real share, std::ptrdiff_t first, std::ptrdiff_t last) {
  std::array<Real, kChunk> saved;  // of row 0, which is the last one's partner
  const auto place = [first](std::ptrdiff_t i) { return static_cast<std::size_t>(i - first); };
  ImageSlot here = row(0);
  for (std::ptrdiff_t i = first; i < last; ++i) saved[place(i)] = here.first[i * here.stride];
  for (int slot = 0; slot < count; ++slot) {
    const bool wraps = slot + 1 == count;
    const ImageSlot next = row(wraps ? 0 : slot + 1);
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const Real other = wraps ? saved[place(i)] : next.first[i * next.stride];
      Real& own = here.first[i * here.stride];
      own = mixed(share, own, other);
    }
    here = next;
  }
}

template <class Row>
void mix_rows(const Row& row, int count, Real share, std::ptrdiff_t elements) {
#pragma omp parallel for
  for (std::ptrdiff_t first = 0; first < elements; first += kChunk) {
    mix_chunk(row, count, share, first, std::min(first + kChunk, elements));
  }
}

}  // namespace

Augmenter::Augmenter(const ProgramInfo& info, const Normalisation& normalisation)
    : recipe_(info.recipe.augment),
      shape_{info.channels, info.height, info.width},
      smoothing_(info.recipe.label_smoothing),
      batch_(info.batch),
      images_(recipe_, shape_, normalisation),
      whole_images_(needs_whole_images(recipe_)) {
  if (!whole_images_) return;
  for (int first = 0; first < batch_; first += kBlock) scratch_.push_back(images_.make_scratch());
}

// Slots lie side by side in memory on targets that interleave a batch.
void Augmenter::crop_block(Program& program, const DataSet& set, int first_slot,
                           const Draws& draws) const {
  const int end = std::min(first_slot + kBlock, batch_);
  std::array<Drawn, kBlock> images;
  for (int slot = first_slot; slot < end;) {
    const ImageSlot out = program.image(slot);
    int count = 0;
    do {
      const auto sample = program.samples()[static_cast<std::size_t>(slot)];
      images[static_cast<std::size_t>(count++)] = {
          &draws[static_cast<std::size_t>(slot - first_slot)], set.image(sample).data()};
      ++slot;
    } while (slot < end && program.image(slot).first == out.first + count);
    images_.crop(std::span(images).first(static_cast<std::size_t>(count)), out);
  }
}

void Augmenter::fill_block(Program& program, const DataSet& set, int first_slot,
                           const Draws& draws) {
  if (!whole_images_) crop_block(program, set, first_slot, draws);
  for (int slot = first_slot; slot < std::min(first_slot + kBlock, batch_); ++slot) {
    const AugmentDraw& draw = draws[static_cast<std::size_t>(slot - first_slot)];
    const ImageSlot out = program.image(slot);
    if (whole_images_) {
      const std::uint32_t sample = program.samples()[static_cast<std::size_t>(slot)];
      auto& scratch = scratch_[static_cast<std::size_t>(first_slot / kBlock)];
      images_.apply(draw, set.image(sample), scratch, out);
    } else {
      images_.cut_out(draw, out);
    }
  }
}

void Augmenter::mix(Program& program, Real share) {
  mix_rows([&](int slot) { return program.image(slot); }, batch_, share,
           static_cast<std::ptrdiff_t>(shape_.elements()));
  Real* const targets = program.targets().data();
  const std::ptrdiff_t classes = program.info().classes;
  mix_rows(
      [&](int slot) {
        return ImageSlot{targets + slot * classes, 1};
      },
      batch_, share, classes);
}

void Augmenter::fill(Program& program, const DataSet& set, std::span<const std::uint32_t> samples,
                     std::uint64_t seed, std::uint32_t epoch) {
  for (std::size_t i = 0; i < samples.size(); ++i) {
    program.samples()[i] = samples[i];
    set_target(program, i, set.labels[samples[i]], smoothing_);
  }
#pragma omp parallel for
  for (int first = 0; first < batch_; first += kBlock) {
    Draws draws = {};
    for (int i = 0; i < std::min(kBlock, batch_ - first); ++i) {
      const std::uint32_t sample = samples[static_cast<std::size_t>(first + i)];
      draws[static_cast<std::size_t>(i)] = draw_augment(recipe_, shape_, sample, epoch, seed);
    }
    fill_block(program, set, first, draws);
  }
  if (recipe_.mixup <= 0) return;
  mix(program, static_cast<Real>(draw_mixup(recipe_.mixup, samples[0], epoch, seed)));
}

void Augmenter::fill_plain(Program& program, const DataSet& set, std::size_t first) const {
  for (std::size_t i = 0; i < static_cast<std::size_t>(batch_); ++i) {
    const std::size_t sample = std::min(first + i, set.size() - 1);
    program.samples()[i] = static_cast<std::uint32_t>(sample);
    set_target(program, i, set.labels[sample]);
  }
  Draws centre;
  centre.fill(draws::none(recipe_));
#pragma omp parallel for
  for (int block = 0; block < batch_; block += kBlock) crop_block(program, set, block, centre);
}

}  // namespace castnet
