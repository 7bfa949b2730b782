// Counter-based random numbers: Philox4x32-10 of J. K. Salmon, M. A. Moraes, R. O. Dror and
// D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cstdint>

#include "core/host_device.hpp"

namespace castnet {

/// Four 32-bit words.
using Philox4 = std::array<std::uint32_t, 4>;

/// The four random words that belong to `counter` under `seed`.
CASTNET_HOST_DEVICE constexpr Philox4 philox(Philox4 counter, std::uint64_t seed) {
  std::uint32_t k0 = static_cast<std::uint32_t>(seed);
  std::uint32_t k1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ k0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ k1,
               static_cast<std::uint32_t>(a)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return counter;
}

/// What a random number is for. The last word of the counter, so that streams never meet.
/// Dropout uses `dropout + index of the dropout operation`.
enum class Stream : std::uint32_t {
  initialise = 1,
  shuffle = 2,
  augment = 3,
  synthetic = 4,
  dropout = 256
};

/// A word as a float in [0, 1), 24 bits.
CASTNET_HOST_DEVICE constexpr float uniform(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24F;
}

}  // namespace castnet
