// Dropout, per element or per channel. The mask is a function of seed, epoch, sample, operation and
// place in the image: nothing is stored between forward and backward.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/philox.hpp"
#include "core/program.hpp"
#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

namespace detail {

/// Four random words for each of kLanes images.
struct LaneWords {
  std::uint32_t word[4][kLanes];
};

/// philox({samples[lane], epoch, place, stream}, seed) for every lane, side by side.
[[gnu::noinline]] inline LaneWords philox_lanes(const std::uint32_t* samples, std::uint32_t epoch,
                                                std::uint32_t place, std::uint32_t stream,
                                                std::uint64_t seed) {
  LaneWords c;
  for (int l = 0; l < kLanes; ++l) {
    c.word[0][l] = samples[l];
    c.word[1][l] = epoch;
    c.word[2][l] = place;
    c.word[3][l] = stream;
  }
  std::uint32_t k0 = static_cast<std::uint32_t>(seed);
  std::uint32_t k1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int l = 0; l < kLanes; ++l) {
      const std::uint64_t a = std::uint64_t{0xD2511F53} * c.word[0][l];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57} * c.word[2][l];
      c.word[0][l] = static_cast<std::uint32_t>(b >> 32) ^ c.word[1][l] ^ k0;
      c.word[1][l] = static_cast<std::uint32_t>(b);
      c.word[2][l] = static_cast<std::uint32_t>(a >> 32) ^ c.word[3][l] ^ k1;
      c.word[3][l] = static_cast<std::uint32_t>(a);
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return c;
}

/// y = x * mask / (1 - rate). `y` may be `x`.
template <DropoutShape S, class T>
void dropout(std::uint64_t seed, std::uint32_t epoch, const std::uint32_t* samples, const T* x,
             T* y) {
  static_assert(S.rate >= 0 && S.rate < 1);
  constexpr int kPixels = S.height * S.width;
  constexpr int kRun = S.per_channel ? kPixels : 1;  // elements that share a word
  constexpr int kWords = S.per_channel ? S.channels : S.channels * kPixels;
  constexpr auto kStream = static_cast<std::uint32_t>(Stream::dropout) + std::uint32_t(S.index);
  constexpr T kScale = T(1.0 / (1.0 - S.rate));
  for (int place = 0; place * 4 < kWords; ++place) {
    const LaneWords words = philox_lanes(samples, epoch, std::uint32_t(place), kStream, seed);
    for (int i = 0; i < std::min(4, kWords - place * 4); ++i) {
      T factor[kLanes];
      for (int l = 0; l < kLanes; ++l) {
        // Compared as signed: both have 24 bits, and vectors compare signed integers faster.
        const bool dropped = int(words.word[i][l] >> 8) < int(S.drop_below());
        factor[l] = dropped ? T(0) : kScale;
      }
      const std::size_t first = std::size_t(place * 4 + i) * kRun * kLanes;
      for (std::size_t e = first; e < first + std::size_t(kRun) * kLanes; e += kLanes) {
        for (int l = 0; l < kLanes; ++l) y[e + std::size_t(l)] = x[e + std::size_t(l)] * factor[l];
      }
    }
  }
}

}  // namespace detail

/// y [C, H, W] = x with elements (or channels) dropped at S.rate < 1 and the others scaled by
/// 1 / (1 - rate); a copy in Mode::evaluate. `samples` [kLanes] are indices in the data set.
/// Element e of an image (C, H, W order; the channel when S.per_channel) is dropped where the
/// uniform number of word e % 4 of philox({sample, epoch, e / 4, Stream::dropout + S.index}, seed)
/// is below the rate. `y` may be `x`.
template <DropoutShape S, class T>
void dropout_forward(Mode mode, std::uint64_t seed, std::uint32_t epoch,
                     const std::uint32_t* samples, const T* x, T* y) {
  if (mode == Mode::train) {
    detail::dropout<S>(seed, epoch, samples, x, y);
  } else if (x != y) {
    std::copy_n(x, Extent{S.channels, S.height, S.width}.block(), y);
  }
}

/// dx = dy with the mask of the same seed, epoch and samples. `dx` may be `dy`.
template <DropoutShape S, class T>
void dropout_backward(std::uint64_t seed, std::uint32_t epoch, const std::uint32_t* samples,
                      const T* dy, T* dx) {
  detail::dropout<S>(seed, epoch, samples, dy, dx);
}

}  // namespace castnet::cpu
