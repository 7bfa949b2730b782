// Which algorithm computes a convolution, and its weights as that algorithm reads them: prepared
// once a step, read by every block of images.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cpu/register_tile.hpp"
#include "kernels/cpu/winograd.hpp"

namespace castnet::cpu {

/// Tiles of an image.
constexpr int winograd_tiles(const ConvShape& s) {
  return detail::divide_up(s.out_height(), winograd::kOutputs) *
         detail::divide_up(s.out_width(), winograd::kOutputs);
}

/// Whether Winograd's algorithm computes S, and pays: enough channels for the products to outweigh
/// the transforms, tiles that are mostly image, transformed weights that stay in a cache.
constexpr bool uses_winograd(const ConvShape& s) {
  return s.kernel == winograd::kTaps && s.stride == 1 && s.dilation == 1 && s.groups == 1 &&
         s.padding < s.kernel && std::min(s.in_channels, s.out_channels) >= 8 &&
         s.out_height() * s.out_width() >= 10 * winograd_tiles(s) && s.in_channels <= 128 &&
         s.in_channels * s.out_channels <= 8192;
}

/// The convolution that turns dy into dx where the stride is 1: channels swapped, taps mirrored.
constexpr ConvShape transposed(const ConvShape& s) {
  return {.batch = s.batch,
          .in_channels = s.out_channels,
          .in_height = s.out_height(),
          .in_width = s.out_width(),
          .out_channels = s.in_channels,
          .kernel = s.kernel,
          .stride = 1,
          .padding = s.dilation * (s.kernel - 1) - s.padding,
          .dilation = s.dilation,
          .groups = s.groups};
}

/// Whether the gradient of the input is a convolution: `transposed`.
constexpr bool transposes(const ConvShape& s) {
  return s.stride == 1 && s.padding <= s.dilation * (s.kernel - 1);
}

namespace detail {

/// Output channels of a frequency, filled up to whole vectors of any machine.
constexpr int winograd_padded(const ConvShape& s) {
  return divide_up(s.out_channels, kLanes) * kLanes;
}

/// Register tiles of output channels in a group.
constexpr int channel_tiles(const ConvShape& s) {
  return divide_up(s.out_channels / s.groups, kTileChannels);
}

/// Elements of one register tile's weights: [channel][tap][kTileChannels].
constexpr std::size_t tile_weights(const ConvShape& s) {
  return std::size_t(s.in_channels / s.groups * s.kernel * s.kernel) * kTileChannels;
}

}  // namespace detail

/// Elements of the weights as conv_forward<S> reads them.
constexpr std::size_t prepared_elements(const ConvShape& s) {
  if (uses_winograd(s)) {
    return std::size_t(winograd::kFrequencies * s.in_channels * detail::winograd_padded(s));
  }
  return std::size_t(s.groups * detail::channel_tiles(s)) * detail::tile_weights(s);
}

/// Elements of the weights as conv_backward_data<S> reads them.
constexpr std::size_t prepared_data_elements(const ConvShape& s) {
  return transposes(s) ? prepared_elements(transposed(s)) : s.weights();
}

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
[[gnu::noinline]] void winograd_weights(const Weights& weight, int first, int c, T* prepared) {
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
  T* to = prepared + c * winograd_padded(S) + first;
  for (int x = 0; x < kSide; ++x) {
    const Vec<T> column[kTaps] = {rows[0][x], rows[1][x], rows[2][x]};
    Vec<T> all[kSide];
    winograd::transform_taps<T>(column, all);
    for (int y = 0; y < kSide; ++y) store(to + std::size_t(y * kSide + x) * kFrequency, all[y]);
  }
}

/// One group's weights into [tile][channel][tap][kTileChannels], filled up with zeros.
template <ConvShape S, class T, class Weights>
void direct_weights(const Weights& weight, int group, T* prepared) {
  constexpr int kOutputs = S.out_channels / S.groups, kInputs = S.in_channels / S.groups;
  for (int first = 0; first < kOutputs; first += kTileChannels) {
    for (int c = 0; c < kInputs; ++c) {
      for (int tap = 0; tap < S.kernel * S.kernel; ++tap, prepared += kTileChannels) {
        for (int o = 0; o < kTileChannels; ++o) {
          prepared[o] = first + o < kOutputs
                            ? weight(group * kOutputs + first + o, group * kInputs + c, tap)
                            : T(0);
        }
      }
    }
  }
}

template <ConvShape S, class T, class Weights>
void prepare(const Weights& weight, T* prepared) {
  if constexpr (uses_winograd(S)) {
#pragma omp parallel for schedule(static)
    for (int c = 0; c < S.in_channels; ++c) {
      for (int first = 0; first < winograd_padded(S); first += kWidth<T>) {
        winograd_weights<S>(weight, first, c, prepared);
      }
    }
  } else {
    for (int group = 0; group < S.groups; ++group) {
      direct_weights<S>(weight, group,
                        prepared + std::size_t(group * channel_tiles(S)) * tile_weights(S));
    }
  }
}

}  // namespace detail

/// prepared [prepared_elements(S)] = weight [Cout, Cin / groups, k, k] as conv_forward<S> and
/// conv_pool_forward<S> read it.
template <ConvShape S, class T>
void conv_prepare(const T* weight, T* prepared) {
  detail::prepare<S>(detail::PlainWeights<S, T>{weight}, prepared);
}

/// prepared [prepared_data_elements(S)] = weight [Cout, Cin / groups, k, k] as
/// conv_backward_data<S> and conv_pool_backward_data<S> read it.
template <ConvShape S, class T>
void conv_prepare_data(const T* weight, T* prepared) {
  if constexpr (transposes(S)) {
    detail::prepare<transposed(S)>(detail::TransposedWeights<S, T>{weight}, prepared);
  } else {
    std::copy_n(weight, S.weights(), prepared);
  }
}

}  // namespace castnet::cpu
