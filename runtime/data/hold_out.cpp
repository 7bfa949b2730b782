#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "data/data_set.hpp"
#include "data/shuffle.hpp"

namespace castnet {
namespace {

DataSet take(const DataSet& from, std::span<const std::uint32_t> places) {
  DataSet taken{from.channels, from.height, from.width, {}, {}};
  taken.images.reserve(places.size() * from.image_bytes());
  taken.labels.reserve(places.size());
  for (const std::uint32_t place : places) {
    const auto image = from.image(place);
    taken.images.insert(taken.images.end(), image.begin(), image.end());
    taken.labels.push_back(from.labels[place]);
  }
  return taken;
}

}  // namespace

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
  split.test = take(split.train, held);
  split.train = take(split.train, kept);
}

}  // namespace castnet
