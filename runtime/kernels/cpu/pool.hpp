// Max, average and global average pooling.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/vec.hpp"

namespace castnet::cpu {

namespace detail {

/// The maximum of a window, and in `place` the number of its first occurrence in row-major order.
template <PoolShape S, class T>
Vec<T> window_maximum(const T* channel, const PoolWindow& window, Vec<T>& place) {
  Vec<T> best = splat(-std::numeric_limits<T>::infinity());
  place = Vec<T>{};
  T number = 0;
  for (int row = window.top; row < window.bottom; ++row) {
    for (int column = window.left; column < window.right; ++column) {
      const Vec<T> value = load(channel + (row * S.in_width + column) * kLanes);
      const auto better = (value > best) | (value != value);  // NaN wins, as in PyTorch
      best = better ? value : best;
      place = better ? splat(number) : place;
      number += 1;
    }
  }
  return best;
}

template <PoolShape S, class T>
Vec<T> window_mean(const T* channel, const PoolWindow& window) {
  Vec<T> total = {};
  for (int row = window.top; row < window.bottom; ++row) {
    for (int column = window.left; column < window.right; ++column) {
      total += load(channel + (row * S.in_width + column) * kLanes);
    }
  }
  return total * T(1.0 / (S.kernel * S.kernel));
}

template <PoolShape S, class T>
void pool_channel(const T* x, T* y) {
  for (int row = 0; row < S.out_height(); ++row) {
    for (int column = 0; column < S.out_width(); ++column) {
      const PoolWindow window = S.window(row, column);
      for (int part = 0; part < kLanes; part += kWidth<T>) {
        Vec<T> value, place;
        if constexpr (S.average) {
          value = window_mean<S>(x + part, window);
        } else {
          value = window_maximum<S>(x + part, window, place);
        }
        store(y + (row * S.out_width() + column) * kLanes + part, value);
      }
    }
  }
}

/// Adds the gradient of one output pixel to the pixels of its window.
template <PoolShape S, class T>
void pool_scatter(const T* x, Vec<T> dy, const PoolWindow& window, T* dx) {
  Vec<T> place;
  if constexpr (!S.average) window_maximum<S>(x, window, place);
  T number = 0;
  for (int row = window.top; row < window.bottom; ++row) {
    for (int column = window.left; column < window.right; ++column) {
      T* to = dx + (row * S.in_width + column) * kLanes;
      if constexpr (S.average) {
        store(to, load(to) + dy * T(1.0 / (S.kernel * S.kernel)));
      } else {
        store(to, load(to) + (place == splat(number) ? dy : Vec<T>{}));
        number += 1;
      }
    }
  }
}

template <PoolShape S, class T>
void pool_channel_backward(const T* x, const T* dy, T* dx) {
  std::fill_n(dx, std::size_t(S.in_height * S.in_width) * kLanes, T(0));
  for (int row = 0; row < S.out_height(); ++row) {
    for (int column = 0; column < S.out_width(); ++column) {
      const PoolWindow window = S.window(row, column);
      const T* from = dy + (row * S.out_width() + column) * kLanes;
      for (int part = 0; part < kLanes; part += kWidth<T>) {
        pool_scatter<S>(x + part, load(from + part), window, dx + part);
      }
    }
  }
}

}  // namespace detail

/// y [C, Ho, Wo] = maximum or mean of each window of x [C, H, W]. A mean counts padding as zeros
/// (PyTorch's count_include_pad); a maximum ignores it.
template <PoolShape S, class T>
void pool_forward(const T* x, T* y) {
  constexpr std::size_t kInput = std::size_t(S.in_height * S.in_width) * kLanes;
  constexpr std::size_t kOutput = std::size_t(S.out_height() * S.out_width()) * kLanes;
  for (std::size_t channel = 0; channel < S.channels; ++channel) {
    detail::pool_channel<S>(x + channel * kInput, y + channel * kOutput);
  }
}

/// dx [C, H, W] from dy [C, Ho, Wo]; of several maxima of a window the first in row-major
/// order gets the gradient, as in PyTorch. `x` is read by max pooling only.
template <PoolShape S, class T>
void pool_backward(const T* x, const T* dy, T* dx) {
  constexpr std::size_t kInput = std::size_t(S.in_height * S.in_width) * kLanes;
  constexpr std::size_t kOutput = std::size_t(S.out_height() * S.out_width()) * kLanes;
  for (std::size_t channel = 0; channel < S.channels; ++channel) {
    detail::pool_channel_backward<S>(x + channel * kInput, dy + channel * kOutput,
                                     dx + channel * kInput);
  }
}

/// y [C, 1, 1] = mean over the pixels of x [C, H, W].
template <MapShape S, class T>
void global_pool_forward(const T* x, T* y) {
  constexpr int kPixels = S.height * S.width;
  for (int channel = 0; channel < S.channels; ++channel) {
    Lanes<T> total;
    for (int p = 0; p < kPixels; ++p, x += kLanes) total.add(Lanes<T>::at(x));
    for (Vec<T>& part : total.part) part *= T(1.0 / kPixels);
    total.put(y + channel * kLanes);
  }
}

/// dx [C, H, W] from dy [C, 1, 1].
template <MapShape S, class T>
void global_pool_backward(const T* dy, T* dx) {
  constexpr int kPixels = S.height * S.width;
  for (int channel = 0; channel < S.channels; ++channel) {
    Lanes<T> share = Lanes<T>::at(dy + channel * kLanes);
    for (Vec<T>& part : share.part) part *= T(1.0 / kPixels);
    for (int p = 0; p < kPixels; ++p, dx += kLanes) share.put(dx);
  }
}

}  // namespace castnet::cpu
