// A 1x1 convolution and the max pooling behind it: the convolution's output stays in registers
// forward, and its gradient in the cache backward.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/cpu/conv_backward_weight.hpp"
#include "kernels/cpu/conv_weights.hpp"
#include "kernels/cpu/normalise.hpp"
#include "kernels/cpu/pool.hpp"

namespace castnet::cpu {

namespace detail {

/// Windows side by side of which `channels` fit into `bytes`, from 1 to a row of them.
template <class T>
constexpr int strip_windows(const PoolShape& pool, int channels, std::size_t bytes) {
  const std::size_t window = std::size_t(channels * pool.kernel * pool.kernel * kLanes) * sizeof(T);
  return int(std::clamp<std::size_t>(bytes / window, 1, std::size_t(pool.out_width())));
}

/// The pixels of some windows side by side: [channel][window][pixel][kLanes], in kElements of a
/// workspace.
template <PoolShape P, int Channels, int Windows, class T>
struct WindowStrip {
  static constexpr int kWindows = Windows;
  static constexpr int kPixels = P.kernel * P.kernel;
  static constexpr std::size_t kWindowStride = std::size_t(kPixels) * kLanes;
  /// An odd number of pixels: channels start in different cache sets.
  static constexpr std::size_t kChannelStride = (std::size_t(Windows * kPixels) | 1) * kLanes;

  static constexpr std::size_t kElements = std::size_t(Channels) * kChannelStride;

  T* data;

  static constexpr std::size_t pixel(int p) { return std::size_t(p) * kLanes; }
  T* at(int channel, int window) const {
    return data + std::size_t(channel) * kChannelStride + std::size_t(window) * kWindowStride;
  }
};

/// What conv_pool_forward reads of its input at a time.
template <ConvShape S, PoolShape P, class T>
using PoolForwardStrip =
    WindowStrip<P, S.in_channels, strip_windows<T>(P, S.in_channels, kHalfFirstLevel), T>;

/// What conv_pool_backward_data has of the convolution's output's gradient at a time.
template <ConvShape S, PoolShape P, class T>
using PoolDataStrip =
    WindowStrip<P, S.out_channels, strip_windows<T>(P, S.out_channels, kHalfFirstLevel), T>;

/// What conv_pool_backward_weight has at a time: of the input few channels, which are read from the
/// first-level cache by all outputs.
template <ConvShape S, PoolShape P, class T>
struct PoolFilterStrips {
  static constexpr int kWindows =
      std::min(strip_windows<T>(P, S.out_channels, 8 * kHalfFirstLevel),
               strip_windows<T>(P, kFilterInputs, 3 * kHalfFirstLevel / 2));
  using Gradient = WindowStrip<P, S.out_channels, kWindows, T>;
  using Input = WindowStrip<P, kFilterInputs, kWindows, T>;
};

/// Fills a strip with `channels` channels from `channel` of the convolution's input, a tensor or
/// one that is normalised here: `count` windows from window (row, column).
template <ConvShape S, PoolShape P, class X, class Strip>
void fill_windows(const X& x, int channel, int channels, int row, int column, int count,
                  const Strip& strip) {
  constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  for (int c = 0; c < channels; ++c) {
    for (int r = 0; r < P.kernel; ++r) {
      read_pixels<kInput>(x, channel + c, (row * P.kernel + r) * S.in_width + column * P.kernel,
                          count, P.kernel, strip.at(c, 0) + r * P.kernel * kLanes,
                          Strip::kWindowStride);
    }
  }
}

/// Output channels of a window that stay in registers while the loop adds to them: of `channels`,
/// in as few equal parts as the registers allow.
constexpr int window_channels(const PoolShape& pool, int channels) {
  const int pixels = pool.kernel * pool.kernel;
  const int most = std::max((kVectorRegisters - 2) / pixels - 1, 1);
  return divide_up(channels, divide_up(channels, most));
}

/// Adds the products of a window's pixels to Channels sums of each: of `channels` channels, from
/// `pixels` on, with weights from number `first` on. `packed`: for register tiles,
/// [tile of sums][channel][kTileChannels].
template <int Channels, class Strip, class T>
[[gnu::always_inline]] inline void add_window(const T* pixels, int channels, const T* packed,
                                              int first, Vec<T> (&sums)[Channels][Strip::kPixels]) {
  const T* factors[Channels];
#pragma GCC unroll 32
  for (int k = 0; k < Channels; ++k) {
    factors[k] = packed + (first + k) / kTileChannels * kTileChannels * channels +
                 (first + k) % kTileChannels;
  }
  for (int c = 0; c < channels; ++c, pixels += Strip::kChannelStride) {
    Vec<T> pixel[Strip::kPixels];
#pragma GCC unroll 16
    for (int p = 0; p < Strip::kPixels; ++p) {
      pixel[p] = load(pixels + Strip::pixel(p));
      hold<T>(pixel[p]);
    }
#pragma GCC unroll 32
    for (int k = 0; k < Channels; ++k) {
      const Vec<T> factor = splat(factors[k][c * kTileChannels]);
#pragma GCC unroll 16
      for (int p = 0; p < Strip::kPixels; ++p) sums[k][p] += factor * pixel[p];
    }
  }
}

/// The maxima of one window of Channels output channels from `out`, and their places. `window`: of
/// the first channel of a Strip.
template <ConvShape S, PoolShape P, int Channels, class Strip, class T>
[[gnu::noinline]] void pool_window(const T* window, const T* packed, int out, const T* bias, T* y,
                                   std::uint8_t* places) {
  constexpr std::size_t kPlane = std::size_t(P.out_height() * P.out_width()) * kLanes;
  for (int part = 0; part < kLanes; part += kWidth<T>) {
    Vec<T> sums[Channels][Strip::kPixels];
#pragma GCC unroll 32
    for (int k = 0; k < Channels; ++k) {
#pragma GCC unroll 16
      for (int p = 0; p < Strip::kPixels; ++p) {
        sums[k][p] = splat(bias == nullptr ? T(0) : bias[out + k]);
      }
    }
    add_window<Channels, Strip>(window + part, S.in_channels, packed, out, sums);
#pragma GCC unroll 32
    for (int k = 0; k < Channels; ++k) {
      Vec<T> best = splat(-std::numeric_limits<T>::infinity()), place = {};
#pragma GCC unroll 16
      for (int p = 0; p < Strip::kPixels; ++p) {
        const Vec<T> value = sums[k][p];
        const auto better = (value > best) | (value != value);  // NaN wins, as in PyTorch
        best = better ? value : best;
        place = better ? splat(T(p)) : place;
      }
      store(y + std::size_t(k) * kPlane + part, best);
      if (places == nullptr) continue;
      T number[kWidth<T>];
      store(number, place);
      for (int lane = 0; lane < kWidth<T>; ++lane) {
        places[std::size_t(k) * kPlane + std::size_t(part + lane)] =
            std::uint8_t(int(number[lane]));
      }
    }
  }
}

/// Calls part<Count>(first) for parts of Most and one with the rest, of All.
template <int All, int Most, class Part>
void each_part(const Part& part) {
  for (int first = 0; first + Most <= All; first += Most) part.template operator()<Most>(first);
  if constexpr (All % Most != 0) part.template operator()<All % Most>(All / Most * Most);
}

/// Fills a strip with the gradient of the convolution's output: dy where the maximum was, 0
/// elsewhere.
template <PoolShape P, class Strip, class T>
[[gnu::noinline]] void scatter_windows(const T* dy, const std::uint8_t* places, int row, int column,
                                       int count, const Strip& strip) {
  constexpr Extent kOutput{P.channels, P.out_height(), P.out_width()};
  for (int channel = 0; channel < P.channels; ++channel) {
    const std::size_t from = pixel_offset(kOutput, channel, row, column);
    T* to = strip.at(channel, 0);
    for (int i = 0; i < count * kLanes; i += kLanes, to += Strip::kWindowStride) {
      T number[kLanes];
      for (int lane = 0; lane < kLanes; ++lane) {
        number[lane] = T(places[from + std::size_t(i + lane)]);
      }
      for (int part = 0; part < kLanes; part += kWidth<T>) {
        const Vec<T> gradient = load(dy + from + std::size_t(i + part));
        const Vec<T> place = load(number + part);
#pragma GCC unroll 4
        for (int tap = 0; tap < Strip::kPixels; ++tap) {
          store(to + tap * kLanes + part, place == splat(T(tap)) ? gradient : Vec<T>{});
        }
      }
    }
  }
}

/// Calls strip(row, column, count) for the strips of Windows windows.
template <PoolShape P, int Windows, class Function>
void each_strip(const Function& function) {
  for (int row = 0; row < P.out_height(); ++row) {
    for (int column = 0; column < P.out_width(); column += Windows) {
      function(row, column, std::min(Windows, P.out_width() - column));
    }
  }
}

/// The gradients of Channels input channels from `in` in one window.
template <ConvShape S, PoolShape P, int Channels, class Strip, class T>
[[gnu::noinline]] void window_data(const T* window, const T* packed, int in, T* dx) {
  constexpr std::size_t kPlane = std::size_t(S.in_height * S.in_width) * kLanes;
  for (int part = 0; part < kLanes; part += kWidth<T>) {
    Vec<T> sums[Channels][Strip::kPixels] = {};
    add_window<Channels, Strip>(window + part, S.out_channels, packed, in, sums);
#pragma GCC unroll 32
    for (int c = 0; c < Channels; ++c) {
#pragma GCC unroll 16
      for (int p = 0; p < Strip::kPixels; ++p) {
        store(dx + std::size_t(c) * kPlane +
                  std::size_t(p / P.kernel * S.in_width + p % P.kernel) * kLanes + part,
              sums[c][p]);
      }
    }
  }
}

}  // namespace detail

/// Elements of a workspace that conv_pool_forward<S, P> needs.
template <ConvShape S, PoolShape P, class T>
constexpr std::size_t conv_pool_forward_workspace() {
  return detail::PoolForwardStrip<S, P, T>::kElements;
}

/// conv_forward<S> of x [Cin, H, W], a tensor or Normalised, then pool_forward<P> of that:
/// y [Cout, Ho, Wo], the same bits. `places` [Cout, Ho, Wo], in y's layout, gets the number of the
/// maximum in its window, in row-major order, for backward; nullptr: nobody wants to know.
/// `packed`: by conv_pack<S>.
template <ConvShape S, PoolShape P, class X, class T, std::size_t N>
void conv_pool_forward(const X& x, const T* packed, const T* bias, std::uint8_t* places, T* y,
                       Workspace<T, N> workspace) {
  using Strip = detail::PoolForwardStrip<S, P, T>;
  constexpr Extent kOutput{S.out_channels, P.out_height(), P.out_width()};
  const Strip strip{workspace.template room<conv_pool_forward_workspace<S, P, T>()>()};
  detail::each_strip<P, Strip::kWindows>([&](int row, int column, int count) {
    detail::fill_windows<S, P>(x, 0, S.in_channels, row, column, count, strip);
    detail::each_part<S.out_channels, detail::window_channels(P, S.out_channels)>(
        [&]<int Channels>(int out) {
          for (int i = 0; i < count; ++i) {
            const std::size_t to = pixel_offset(kOutput, out, row, column + i);
            detail::pool_window<S, P, Channels, Strip>(strip.at(0, i), packed, out, bias, y + to,
                                                       places == nullptr ? nullptr : places + to);
          }
        });
  });
}

/// Elements of a workspace that conv_pool_backward_data<S, P> needs.
template <ConvShape S, PoolShape P, class T>
constexpr std::size_t conv_pool_backward_data_workspace() {
  return detail::PoolDataStrip<S, P, T>::kElements;
}

/// pool_backward<P> of dy, then conv_backward_data<S> of that: the same bits. `packed`: by
/// conv_pack_data<S>.
template <ConvShape S, PoolShape P, class T, std::size_t N>
void conv_pool_backward_data(const T* dy, const std::uint8_t* places, const T* packed, T* dx,
                             Workspace<T, N> workspace) {
  using Strip = detail::PoolDataStrip<S, P, T>;
  constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  constexpr bool kLeftOver =
      P.out_height() * P.kernel != S.in_height || P.out_width() * P.kernel != S.in_width;
  if constexpr (kLeftOver) std::fill_n(dx, kInput.block(), T(0));
  const Strip strip{workspace.template room<conv_pool_backward_data_workspace<S, P, T>()>()};
  detail::each_strip<P, Strip::kWindows>([&](int row, int column, int count) {
    detail::scatter_windows<P>(dy, places, row, column, count, strip);
    detail::each_part<S.in_channels, detail::window_channels(P, S.in_channels)>(
        [&]<int Channels>(int in) {
          for (int i = 0; i < count; ++i) {
            detail::window_data<S, P, Channels, Strip>(
                strip.at(0, i), packed, in,
                dx + pixel_offset(kInput, in, row * P.kernel, (column + i) * P.kernel));
          }
        });
  });
}

/// Elements of a workspace that conv_pool_backward_weight<S, P> needs.
template <ConvShape S, PoolShape P, class T>
constexpr std::size_t conv_pool_backward_weight_workspace() {
  using Strips = detail::PoolFilterStrips<S, P, T>;
  return Strips::Gradient::kElements + Strips::Input::kElements;
}

/// pool_backward<P> of dy, then conv_backward_weight<S> of that, summed in another order.
template <ConvShape S, PoolShape P, class X, class T, std::size_t N>
void conv_pool_backward_weight(const X& x, const T* dy, const std::uint8_t* places, T* dweight,
                               T* dbias, Workspace<T, N> workspace) {
  constexpr int kInputs = detail::kFilterInputs, kOutputs = detail::kFilterOutputs;
  using Gradient = typename detail::PoolFilterStrips<S, P, T>::Gradient;
  using Input = typename detail::PoolFilterStrips<S, P, T>::Input;
  T* room = workspace.template room<conv_pool_backward_weight_workspace<S, P, T>()>();
  const Gradient gradient{room};
  const Input input{room + Gradient::kElements};
  std::fill_n(dweight, S.weights(), T(0));
  detail::each_strip<P, Gradient::kWindows>([&](int row, int column, int count) {
    detail::scatter_windows<P>(dy, places, row, column, count, gradient);
    detail::each_part<S.in_channels, kInputs>([&]<int Inputs>(int in) {
      detail::fill_windows<S, P>(x, in, Inputs, row, column, count, input);
      detail::each_part<S.out_channels, kOutputs>([&]<int Outputs>(int out) {
        detail::filter_products<Outputs, Inputs, Gradient::kChannelStride, Input::kChannelStride>(
            gradient.at(out, 0), input.at(0, 0), count * Gradient::kPixels * kParts<T>,
            dweight + out * S.in_channels + in, S.in_channels);
      });
    });
  });
  if constexpr (S.bias) {
    // Each dy goes to one pixel.
    detail::bias_gradient<Extent{S.out_channels, P.out_height(), P.out_width()}>(dy, dbias);
  }
}

}  // namespace castnet::cpu
