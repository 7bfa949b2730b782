// A convolution's weights as its algorithm (castnet_shared/convolutions.hpp) reads them: packed
// once a step, read by every block of images.
#pragma once

#include <algorithm>
#include <cstddef>

#include "castnet_shared/convolutions.hpp"
#include "kernels/cpu/register_tile.hpp"
#include "kernels/cpu/winograd.hpp"

namespace castnet::cpu {

namespace detail {

/// Where convolution S's weight from `in` to `out` (both of the whole layer, in one group) begins:
/// its taps follow.
template <ConvShape S, class T>
const T* taps_of(const T* weight, int out, int in) {
  const int inputs = S.in_channels / S.groups;
  return weight + std::size_t((out * inputs + in % inputs) * S.kernel * S.kernel);
}

/// A view of weights [K, C / groups, k, k]: tap(out, in, tap).
template <ConvShape S, class T>
struct PlainWeights {
  const T* weight;
  T operator()(int out, int in, int tap) const { return taps_of<S>(weight, out, in)[tap]; }
};

/// A view of the same weights as transposed(S) has them.
template <ConvShape S, class T>
struct TransposedWeights {
  const T* weight;
  T operator()(int out, int in, int tap) const {
    return taps_of<S>(weight, in, out)[S.kernel * S.kernel - 1 - tap];
  }
};

/// G w G^T of one vector's output channels from `first` and of channel `c`, into
/// [frequency][C][K], K filled up with zeros.
template <ConvShape S, class T, class Weights>
[[gnu::noinline]] void winograd_weights(const Weights& weight, int first, int c, T* packed) {
  constexpr int kSide = winograd::kInputs, kTaps = winograd::kTaps;
  constexpr std::size_t kFrequency = std::size_t(S.in_channels * winograd_padded(S));
  alignas(64) T taps[kTaps * kTaps][kWidth<T>] = {};
  for (int i = 0; i < std::min(kWidth<T>, S.out_channels - first); ++i) {
    for (int tap = 0; tap < kTaps * kTaps; ++tap) taps[tap][i] = weight(first + i, c, tap);
  }
  Vec<T> rows[kTaps][kSide];
  for (int y = 0; y < kTaps; ++y) {
    const Vec<T> row[kTaps] = {load(taps[y * kTaps]), load(taps[y * kTaps + 1]),
                               load(taps[y * kTaps + 2])};
    winograd::transform_taps<T>(row, rows[y]);
  }
  T* to = packed + c * winograd_padded(S) + first;
  for (int x = 0; x < kSide; ++x) {
    const Vec<T> column[kTaps] = {rows[0][x], rows[1][x], rows[2][x]};
    Vec<T> all[kSide];
    winograd::transform_taps<T>(column, all);
    for (int y = 0; y < kSide; ++y) store(to + std::size_t(y * kSide + x) * kFrequency, all[y]);
  }
}

/// One group's weights into [tile][channel][tap][kTileChannels], filled up with zeros.
template <ConvShape S, class T, class Weights>
void direct_weights(const Weights& weight, int group, T* packed) {
  constexpr int kOutputs = S.out_channels / S.groups, kInputs = S.in_channels / S.groups;
  for (int first = 0; first < kOutputs; first += kTileChannels) {
    for (int c = 0; c < kInputs; ++c) {
      for (int tap = 0; tap < S.kernel * S.kernel; ++tap, packed += kTileChannels) {
        for (int o = 0; o < kTileChannels; ++o) {
          packed[o] = first + o < kOutputs
                          ? weight(group * kOutputs + first + o, group * kInputs + c, tap)
                          : T(0);
        }
      }
    }
  }
}

template <ConvShape S, class T, class Weights>
void pack(const Weights& weight, T* packed) {
  if constexpr (uses_winograd(S)) {
#pragma omp parallel for schedule(static)
    for (int c = 0; c < S.in_channels; ++c) {
      for (int first = 0; first < winograd_padded(S); first += kWidth<T>) {
        winograd_weights<S>(weight, first, c, packed);
      }
    }
  } else {
    for (int group = 0; group < S.groups; ++group) {
      direct_weights<S>(weight, group,
                        packed + std::size_t(group * channel_tiles(S)) * tile_weights(S));
    }
  }
}

}  // namespace detail

/// packed [packed_elements(S)] = weight [Cout, Cin / groups, k, k] as conv_forward<S> and
/// conv_pool_forward<S> read it.
template <ConvShape S, class T>
void conv_pack(const T* weight, T* packed) {
  detail::pack<S>(detail::PlainWeights<S, T>{weight}, packed);
}

/// packed [packed_data_elements(S)] = weight [Cout, Cin / groups, k, k] as
/// conv_backward_data<S> and conv_pool_backward_data<S> read it.
template <ConvShape S, class T>
void conv_pack_data(const T* weight, T* packed) {
  if constexpr (transposes(S)) {
    detail::pack<transposed(S)>(detail::TransposedWeights<S, T>{weight}, packed);
  } else {
    std::copy_n(weight, S.weights(), packed);
  }
}

}  // namespace castnet::cpu
