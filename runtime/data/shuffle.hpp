// The order in which an epoch visits the training images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>

#include "core/host_device.hpp"
#include "core/philox.hpp"

namespace castnet {

/// The place, at most i, with which place i of a shuffled order swaps.
CASTNET_HOST_DEVICE constexpr std::uint32_t shuffle_partner(std::uint32_t i, std::uint64_t seed,
                                                            std::uint32_t epoch) {
  const Philox4 words =
      philox({i / 4, epoch, 0, static_cast<std::uint32_t>(Stream::shuffle)}, seed);
  return static_cast<std::uint32_t>((std::uint64_t{i} + 1) * words[i % 4] >> 32);
}

/// Fills `order` with a permutation of 0 … size-1 that depends on seed and epoch (from 0) alone.
///
/// Fisher–Yates, from the last place down to place 1: place i swaps with place
/// (word · (i + 1)) >> 32, where word is element i % 4 of philox({i / 4, epoch, 0, shuffle}, seed).
/// The multiplication's bias is below size / 2^32.
inline void shuffle(std::span<std::uint32_t> order, std::uint64_t seed, std::uint32_t epoch) {
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = order.size(); i-- > 1;) {
    std::swap(order[i], order[shuffle_partner(static_cast<std::uint32_t>(i), seed, epoch)]);
  }
}

}  // namespace castnet
