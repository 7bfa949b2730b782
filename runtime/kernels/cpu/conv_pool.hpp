// A 1x1 convolution and the max pooling behind it, window by window: the convolution's output stays
// in the cache, forward and backward.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/program.hpp"
#include "kernels/cpu/conv_backward_data.hpp"
#include "kernels/cpu/conv_backward_filter.hpp"
#include "kernels/cpu/normalise.hpp"
#include "kernels/cpu/pool.hpp"

namespace castnet::cpu {

namespace detail {

/// A strip: the pixels of some windows side by side, as many as let `channels` of them stay in the
/// second-level cache and divide a row of windows.
constexpr int strip_windows(const PoolShape& pool, int channels, std::size_t bytes) {
  const std::size_t window = std::size_t(channels * pool.kernel * pool.kernel * kLanes) * bytes;
  int count = pool.out_width();
  while (count > 1 && (pool.out_width() % count != 0 || std::size_t(count) * window > 256 * 1024)) {
    --count;
  }
  return count;
}

/// `Channels` of a strip: [channel][row][pixel][kLanes], as ConvPanel has them.
template <PoolShape P, int Channels, int Windows, class T>
struct Strip {
  static constexpr int kRows = P.kernel, kPixels = Windows * P.kernel;
  static constexpr std::size_t kRowStride = std::size_t(kPixels) * kLanes;
  /// An odd number of pixels: channels start in different cache sets.
  static constexpr std::size_t kChannelStride = (std::size_t(kRows * kPixels) | 1) * kLanes;

  alignas(64) T data[std::size_t(Channels) * kChannelStride];
};

/// The 1x1 convolution S over the pixels of a strip.
constexpr ConvShape of_strip(ConvShape s, int rows, int pixels) {
  s.in_height = rows;
  s.in_width = pixels;
  return s;
}

template <ConvShape S, PoolShape P, class T>
inline constexpr int kStripWindows = strip_windows(P, std::max(S.in_channels, S.out_channels),
                                                   sizeof(T));

/// y and the places of the maxima, of `count` output channels of a strip that lie in `tile`.
template <PoolShape P, int Windows, class T>
[[gnu::noinline]] void pool_tile(const T* tile, int count, T* y, std::uint8_t* places) {
  constexpr PoolShape kTile{.batch = P.batch,
                            .channels = P.channels,
                            .in_height = P.kernel,
                            .in_width = Windows * P.kernel,
                            .kernel = P.kernel,
                            .stride = P.stride};
  constexpr std::size_t kPlane = std::size_t(kTile.in_height * kTile.in_width) * kLanes;
  constexpr std::size_t kOutput = std::size_t(P.out_height() * P.out_width()) * kLanes;
  for (int channel = 0; channel < count; ++channel) {
    for (int i = 0; i < Windows; ++i) {
      T number[kLanes];
      for (int part = 0; part < kLanes; part += kWidth<T>) {
        Vec<T> place;
        store(y + i * kLanes + part, window_maximum<kTile>(tile + part, kTile.window(0, i), place));
        store(number + part, place);
      }
      if (places == nullptr) continue;
      for (int lane = 0; lane < kLanes; ++lane) {
        places[i * kLanes + lane] = std::uint8_t(int(number[lane]));
      }
    }
    tile += kPlane;
    y += kOutput;
    if (places != nullptr) places += kOutput;
  }
}

/// Fills the strip whose windows begin at window (row, column) of a block of images from the
/// convolution's input: a tensor, or one that is normalised here.
template <ConvShape S, class X, class Strip>
void fill_strip(const X& x, int row, int column, Strip& strip) {
  constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  for (int channel = 0; channel < S.in_channels; ++channel) {
    for (int r = 0; r < Strip::kRows; ++r) {
      read_pixels<kInput>(x, channel, (row * Strip::kRows + r) * S.in_width + column * Strip::kRows,
                          Strip::kPixels,
                          strip.data + std::size_t(channel) * Strip::kChannelStride +
                              std::size_t(r) * Strip::kRowStride);
    }
  }
}

/// Calls tile<Channels>(first) for the register tiles of Count channels.
template <int Count, class Tile>
void each_tile(const Tile& tile) {
  for (int first = 0; first + kTileChannels <= Count; first += kTileChannels) {
    tile.template operator()<kTileChannels>(first);
  }
  if constexpr (Count % kTileChannels != 0) {
    tile.template operator()<Count % kTileChannels>(Count / kTileChannels * kTileChannels);
  }
}

/// The gradient of the convolution's output in a strip: dy where the maximum was, 0 elsewhere.
template <ConvShape S, PoolShape P, class Strip, class T>
[[gnu::noinline]] void scatter_strip(const T* dy, const std::uint8_t* places, int row, int column,
                                     Strip& strip) {
  constexpr Extent kOutput{S.out_channels, P.out_height(), P.out_width()};
  for (int channel = 0; channel < S.out_channels; ++channel) {
    const std::size_t from = pixel_offset(kOutput, channel, row, column);
    T* to = strip.data + std::size_t(channel) * Strip::kChannelStride;
    for (int i = 0; i < Strip::kPixels / P.kernel; ++i) {
      T number[kLanes];
      for (int lane = 0; lane < kLanes; ++lane) {
        number[lane] = T(places[from + std::size_t(i * kLanes + lane)]);
      }
      for (int part = 0; part < kLanes; part += kWidth<T>) {
        const Vec<T> gradient = load(dy + from + std::size_t(i * kLanes + part));
        const Vec<T> place = load(number + part);
        for (int tap = 0; tap < P.kernel * P.kernel; ++tap) {
          store(to + std::size_t(tap / P.kernel) * Strip::kRowStride +
                    std::size_t((i * P.kernel + tap % P.kernel) * kLanes + part),
                place == splat(T(tap)) ? gradient : Vec<T>{});
        }
      }
    }
  }
}

/// Calls strip(row, column, gradient) for each strip of a block, with the gradient of the
/// convolution's output.
template <ConvShape S, PoolShape P, class T, class Function>
void each_strip_backward(const T* dy, const std::uint8_t* places, Function function) {
  constexpr int kWindows = kStripWindows<S, P, T>;
  Strip<P, S.out_channels, kWindows, T> gradient;
  for (int row = 0; row < P.out_height(); ++row) {
    for (int column = 0; column < P.out_width(); column += kWindows) {
      scatter_strip<S, P>(dy, places, row, column, gradient);
      function(row, column, gradient);
    }
  }
}

/// Adds a strip's part to the weights of all pairs of channels.
template <ConvShape S, class Gradient, class Input, class T>
void conv_pool_filter_strip(const Gradient& gradient, const Input& x, T* sums) {
  constexpr ConvShape kStrip = of_strip(S, Gradient::kRows, Gradient::kPixels);
  const auto tile = [&]<int Outputs, int Inputs>(int out, int in) {
    filter_tile<kStrip, Outputs, Inputs, Input::kChannelStride, Input::kRowStride,
                Gradient::kChannelStride>(
        gradient.data + std::size_t(out) * Gradient::kChannelStride,
        x.data + std::size_t(in) * Input::kChannelStride, Gradient::kRows,
        sums + std::size_t(out * S.in_channels + in));
  };
  const auto inputs = [&]<int Inputs>(int in) {
    int out = 0;
    for (; out + kFilterChannels <= S.out_channels; out += kFilterChannels) {
      tile.template operator()<kFilterChannels, Inputs>(out, in);
    }
    if constexpr (S.out_channels % kFilterChannels != 0) {
      tile.template operator()<S.out_channels % kFilterChannels, Inputs>(out, in);
    }
  };
  int in = 0;
  for (; in + kFilterTaps <= S.in_channels; in += kFilterTaps) {
    inputs.template operator()<kFilterTaps>(in);
  }
  if constexpr (S.in_channels % kFilterTaps != 0) {
    inputs.template operator()<S.in_channels % kFilterTaps>(in);
  }
}

}  // namespace detail

/// conv_forward<S> of x [Cin, H, W], a tensor or Normalised, then pool_forward<P> of that:
/// y [Cout, Ho, Wo], the same bits. `places` [Cout, Ho, Wo], in y's layout, gets the number of the
/// maximum in its window, in row-major order, for backward; nullptr: nobody wants to know.
/// `prepared`: by conv_prepare<S>.
template <ConvShape S, PoolShape P, class X, class T>
void conv_pool_forward(const X& x, const T* prepared, const T* bias, std::uint8_t* places, T* y) {
  constexpr int kWindows = detail::kStripWindows<S, P, T>;
  using Input = detail::Strip<P, S.in_channels, kWindows, T>;
  constexpr ConvShape kStrip = detail::of_strip(S, Input::kRows, Input::kPixels);
  constexpr Extent kOutput{S.out_channels, P.out_height(), P.out_width()};
  Input input;
  alignas(64) T sums[detail::kTileChannels * Input::kRows * Input::kRowStride];
  for (int row = 0; row < P.out_height(); ++row) {
    for (int column = 0; column < P.out_width(); column += kWindows) {
      detail::fill_strip<S>(x, row, column, input);
      detail::each_tile<S.out_channels>([&]<int Channels>(int out) {
        for (int r = 0; r < Input::kRows; ++r) {
          detail::conv_row<kStrip, Channels, Input::kChannelStride, Input::kRowStride>(
              detail::RowWork<T>{input.data + std::size_t(r) * Input::kRowStride,
                                 prepared + std::size_t(out * S.in_channels),
                                 bias == nullptr ? nullptr : bias + out,
                                 sums + std::size_t(r) * Input::kRowStride, S.in_channels, 1, false,
                                 true});
        }
        const std::size_t to = pixel_offset(kOutput, out, row, column);
        detail::pool_tile<P, kWindows>(sums, Channels, y + to,
                                       places == nullptr ? nullptr : places + to);
      });
    }
  }
}

/// pool_backward<P> of dy, then conv_backward_data<S> of that: the same bits. `prepared`: by
/// conv_prepare_data<S>.
template <ConvShape S, PoolShape P, class T>
void conv_pool_backward_data(const T* dy, const std::uint8_t* places, const T* prepared, T* dx) {
  constexpr ConvShape kBack = transposed(S);
  constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  constexpr bool kLeftOver =
      P.out_height() * P.kernel != S.in_height || P.out_width() * P.kernel != S.in_width;
  if constexpr (kLeftOver) std::fill_n(dx, kInput.block(), T(0));
  detail::each_strip_backward<S, P>(dy, places, [&](int row, int column, const auto& gradient) {
    using Gradient = std::remove_cvref_t<decltype(gradient)>;
    detail::each_tile<S.in_channels>([&]<int Channels>(int in) {
      for (int r = 0; r < Gradient::kRows; ++r) {
        detail::conv_row<kBack, Channels, Gradient::kChannelStride, Gradient::kRowStride,
                         Gradient::kPixels>(
            detail::RowWork<T>{gradient.data + std::size_t(r) * Gradient::kRowStride,
                               prepared + std::size_t(in * S.out_channels), nullptr,
                               dx + pixel_offset(kInput, in, row * P.kernel + r, column * P.kernel),
                               S.out_channels, 1, false, true});
      }
    });
  });
}

/// pool_backward<P> of dy, then conv_backward_filter<S> of that, summed in another order.
template <ConvShape S, PoolShape P, class X, class T>
void conv_pool_backward_filter(const X& x, const T* dy, const std::uint8_t* places, T* dweight,
                               T* dbias) {
  detail::Strip<P, S.in_channels, detail::kStripWindows<S, P, T>, T> input;
  std::fill_n(dweight, S.weights(), T(0));
  detail::each_strip_backward<S, P>(dy, places, [&](int row, int column, const auto& gradient) {
    detail::fill_strip<S>(x, row, column, input);
    detail::conv_pool_filter_strip<S>(gradient, input, dweight);
  });
  if constexpr (S.bias) {
    // Each dy goes to one pixel.
    detail::bias_gradient<Extent{S.out_channels, P.out_height(), P.out_width()}>(dy, dbias);
  }
}

}  // namespace castnet::cpu
