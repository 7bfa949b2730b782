// Channel norm: statistics over the channels of each pixel, with an affine map by channel
// (ConvNeXt's LayerNorm of channels_first). With g = dy weight and h = (x - mean) / std, over
// the channels of a pixel: dx = (g - mean(g) - h mean(g h)) / std.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/cpu/exponential.hpp"
#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/norm_statistics.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

namespace detail {

/// Pixels whose channels are read in turn: 4 KiB of each channel, so that memory is read in long
/// runs and what is read twice mostly stays in the cache.
inline constexpr int kPixelTile = 64;

/// Elements of a channel of one block.
template <ChannelNormShape S>
inline constexpr std::size_t kChannelPlane = Extent{1, S.height, S.width}.block();

/// Mean and 1 / std of each of the first `count` elements of a channel, over all channels.
/// While the channels come, they hold the ShiftedSums about the first channel.
template <ChannelNormShape S, class T>
void channel_moments(const T* x, int count, T* mean, T* inverse) {
  constexpr T kShare = T(1.0 / S.channels);
  std::fill_n(mean, count, T(0));
  std::fill_n(inverse, count, T(0));
  for (std::size_t c = 1; c < S.channels; ++c) {
    const T* channel = x + c * kChannelPlane<S>;
    for (int i = 0; i < count; i += kWidth<T>) {
      ShiftedSums<T> sums{load(x + i), load(mean + i), load(inverse + i)};
      sums.take(load(channel + i));
      store(mean + i, sums.first);
      store(inverse + i, sums.second);
    }
  }
  for (int i = 0; i < count; i += kWidth<T>) {
    const Vec<T> first = load(mean + i), drift = first * kShare;
    const Vec<T> variance = (load(inverse + i) - first * drift) * kShare;
    store(mean + i, load(x + i) + drift);
    store(inverse + i, each<T>(variance, [](T value) {
            return T(1) / std::sqrt(std::max(value, T(0)) + T(S.epsilon));
          }));
  }
}

/// y of the first `count` elements of each channel.
template <ChannelNormShape S, class T>
void channel_normalise(const T* x, const T* weight, const T* bias, int count, const T* mean,
                       const T* inverse, T* y) {
  for (std::size_t c = 0; c < S.channels; ++c) {
    const std::size_t plane = c * kChannelPlane<S>;
    const Vec<T> factor = splat(S.affine ? weight[c] : T(1));
    const Vec<T> shift = splat(S.affine ? bias[c] : T(0));
    for (int i = 0; i < count; i += kWidth<T>) {
      const Vec<T> centred = load(x + plane + i) - load(mean + i);
      store(y + plane + i, centred * (load(inverse + i) * factor) + shift);
    }
  }
}

/// Sums over the channels, of the first `count` elements of each: of g into `plain`, and of g h
/// into `product`. Adds the sums over these elements of dy h and dy to d_weight and d_bias.
template <ChannelNormShape S, class T>
void channel_gradient_sums(const T* x, const T* dy, const T* weight, int count, const T* mean,
                           const T* inverse, T* plain, T* product, [[maybe_unused]] T* d_weight,
                           [[maybe_unused]] T* d_bias) {
  std::fill_n(plain, count, T(0));
  std::fill_n(product, count, T(0));
  for (std::size_t c = 0; c < S.channels; ++c) {
    const T *channel = x + c * kChannelPlane<S>, *gradient = dy + c * kChannelPlane<S>;
    const Vec<T> factor = splat(S.affine ? weight[c] : T(1));
    Lanes<T> shift_sum, factor_sum;
    for (int i = 0; i < count; i += kLanes) {
      for (int part = 0; part < kParts<T>; ++part) {
        const int at = i + part * kWidth<T>;
        const Vec<T> above = load(gradient + at);
        const Vec<T> h = (load(channel + at) - load(mean + at)) * load(inverse + at);
        shift_sum.part[part] += above;
        factor_sum.part[part] += above * h;
        store(plain + at, load(plain + at) + above * factor);
        store(product + at, load(product + at) + above * factor * h);
      }
    }
    if constexpr (S.affine) {
      d_weight[c] += factor_sum.total();
      d_bias[c] += shift_sum.total();
    }
  }
}

/// dx of the first `count` elements of each channel, from the sums over the channels. `dx` may be
/// `dy`.
template <ChannelNormShape S, class T>
void channel_input_gradient(const T* x, const T* dy, const T* weight, int count, const T* mean,
                            const T* inverse, const T* plain, const T* product, T* dx) {
  constexpr T kShare = T(1.0 / S.channels);
  for (std::size_t c = 0; c < S.channels; ++c) {
    const std::size_t plane = c * kChannelPlane<S>;
    const Vec<T> factor = splat(S.affine ? weight[c] : T(1));
    for (int i = 0; i < count; i += kWidth<T>) {
      const Vec<T> scale = load(inverse + i);
      const Vec<T> h = (load(x + plane + i) - load(mean + i)) * scale;
      const Vec<T> means = (load(plain + i) + h * load(product + i)) * kShare;
      store(dx + plane + i, (load(dy + plane + i) * factor - means) * scale);
    }
  }
}

/// run(first, count) for the elements of a channel, a tile at a time.
template <ChannelNormShape S, class Run>
void each_tile(Run run) {
  constexpr int kElements = S.height * S.width * kLanes, kTile = kPixelTile * kLanes;
  for (int first = 0; first < kElements; first += kTile) {
    run(first, std::min(kTile, kElements - first));
  }
}

/// Forward, for the first `count` elements of each channel.
template <ChannelNormShape S, class T>
[[gnu::noinline]] void channel_tile(const T* x, const T* weight, const T* bias, int count, T* saved,
                                    T* y) {
  T *mean = saved, *inverse = saved + kChannelPlane<S>;
  channel_moments<S>(x, count, mean, inverse);
  channel_normalise<S>(x, weight, bias, count, mean, inverse, y);
}

/// Backward, for the first `count` elements of each channel. Adds to d_weight and d_bias.
template <ChannelNormShape S, class T>
[[gnu::noinline]] void channel_tile_backward(const T* x, const T* dy, const T* weight, int count,
                                             const T* saved, T* dx, T* d_weight, T* d_bias) {
  const T *mean = saved, *inverse = saved + kChannelPlane<S>;
  T plain[kPixelTile * kLanes], product[kPixelTile * kLanes];  // 8 KiB of float, whatever the shape
  channel_gradient_sums<S>(x, dy, weight, count, mean, inverse, plain, product, d_weight, d_bias);
  channel_input_gradient<S>(x, dy, weight, count, mean, inverse, plain, product, dx);
}

}  // namespace detail

/// y [C, H, W] = (x - mean) / sqrt(variance + epsilon) * weight + bias, with the mean and the
/// biased variance over the channels of each pixel. weight, bias [C]; nullptr unless S.affine.
/// saved [2, H, W]: each pixel's mean, then 1 / std. `y` may be `x` where backward is not
/// wanted.
template <ChannelNormShape S, class T>
void channel_norm_forward(const T* x, const T* weight, const T* bias, T* saved, T* y) {
  detail::each_tile<S>([&](int first, int count) {
    detail::channel_tile<S>(x + first, weight, bias, count, saved + first, y + first);
  });
}

/// Gradients of channel_norm_forward, from its input x, the gradient dy of its output and what it
/// saved: dx [C, H, W] (may be `dy`), and the block's shares of d_weight and d_bias [C]; nullptr
/// unless S.affine.
template <ChannelNormShape S, class T>
void channel_norm_backward(const T* x, const T* dy, const T* weight, const T* saved, T* dx,
                           T* d_weight, T* d_bias) {
  if constexpr (S.affine) {
    std::fill_n(d_weight, S.channels, T(0));
    std::fill_n(d_bias, S.channels, T(0));
  }
  detail::each_tile<S>([&](int first, int count) {
    detail::channel_tile_backward<S>(x + first, dy + first, weight, count, saved + first,
                                     dx + first, d_weight, d_bias);
  });
}

}  // namespace castnet::cpu
