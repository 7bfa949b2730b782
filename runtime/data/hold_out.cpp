#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "data/data_set.hpp"
#include "data/shuffle.hpp"

namespace castnet {

void hold_out(Split& split, std::size_t images) {
  if (images >= split.train.size()) {
    throw DataError(
        fmt::format("'hold_out' is {}, but '{}' has {} training images; give a smaller "
                    "number in the spec's 'data'",
                    images, split.name, split.train.size()));
  }
  // No epoch of a run has this number: the images held out are no run's first or last.
  constexpr std::uint32_t kNoEpoch = 0xffffffff;
  std::vector<std::uint32_t> order(split.train.size());
  shuffle(order, 0, kNoEpoch);
  const std::span held = std::span(order).first(images);
  const std::span kept = std::span(order).subspan(images);
  std::ranges::sort(held);
  std::ranges::sort(kept);
  split.test = selection<std::uint32_t>(split.train, held);
  split.train = selection<std::uint32_t>(split.train, kept);
  split.held_out = true;
}

}  // namespace castnet
