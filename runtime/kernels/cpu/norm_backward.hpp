// Batch, group, layer and instance norm with the activation that follows: backward. With
// g = act'(.) dy weight and h = (x - mean) / std, over the set that shares its statistics:
// dx = (g - mean(g) - h mean(g h)) / std.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cpu/normalise.hpp"

namespace castnet::cpu {

namespace detail {

/// Sums of g and of g h, one a lane.
template <class T>
struct GradientSums {
  Lanes<T> plain, product;
};

/// One channel of one block: its sums, and its share of dweight and dbias where there are any.
template <NormShape S, class T>
[[gnu::noinline]] GradientSums<T> gradient_sums(const T* x, const T* dy,
                                                const NormAffineOf<S, T>& affine,
                                                const LaneMoments<T>& moments, T* dweight,
                                                T* dbias) {
  constexpr int kPixels = S.height * S.width;
  constexpr bool kElement = S.affine == NormAffine::element;
  const Lanes<T> mean = moments.mean, inverse = moments.inverse;
  GradientSums<T> total;
  for (int p = 0; p < kPixels; ++p) {
    GradientSums<T> pixel;
    for (int i = 0; i < kParts<T>; ++i) {
      const Vec<T> centred = load(x + p * kLanes + i * kWidth<T>) - mean.part[i];
      const Vec<T> before = centred * (inverse.part[i] * affine.factor(p)) + affine.shift(p);
      const Vec<T> slope =
          activate_backward<S.act>(before, load(dy + p * kLanes + i * kWidth<T>), T(S.slope));
      if constexpr (kElement) {
        pixel.plain.part[i] = slope;
        pixel.product.part[i] = slope * (centred * inverse.part[i]);
        total.plain.part[i] += slope * affine.factor(p);
        total.product.part[i] += pixel.product.part[i] * affine.factor(p);
      } else {
        total.plain.part[i] += slope;
        total.product.part[i] += slope * centred;
      }
    }
    if constexpr (kElement) {
      dweight[affine.place(p)] = pixel.product.total();
      dbias[affine.place(p)] = pixel.plain.total();
    }
  }
  if constexpr (!kElement) {
    for (int i = 0; i < kParts<T>; ++i) total.product.part[i] *= inverse.part[i];
    if (dweight != nullptr) {
      dweight[affine.channel] = total.product.total();
      dbias[affine.channel] = total.plain.total();
    }
    for (int i = 0; i < kParts<T>; ++i) {
      total.plain.part[i] *= affine.factor(0);
      total.product.part[i] *= affine.factor(0);
    }
  }
  return total;
}

/// dx of one channel of one block, from the means of g and g h. `dx` may be `dy`.
template <NormShape S, class T>
[[gnu::noinline]] void input_gradient(const T* x, const T* dy, const NormAffineOf<S, T>& affine,
                                      const LaneMoments<T>& moments, const GradientSums<T>& means,
                                      T* dx) {
  constexpr int kPixels = S.height * S.width;
  const Lanes<T> mean = moments.mean, inverse = moments.inverse;
  Lanes<T> offset, pull;
  for (int i = 0; i < kParts<T>; ++i) {
    offset.part[i] = inverse.part[i] * means.plain.part[i];
    pull.part[i] = inverse.part[i] * inverse.part[i] * means.product.part[i];
  }
  for (int p = 0; p < kPixels; ++p) {
    for (int i = 0; i < kParts<T>; ++i) {
      const int at = p * kLanes + i * kWidth<T>;
      const Vec<T> centred = load(x + at) - mean.part[i];
      const Vec<T> scale = inverse.part[i] * affine.factor(p);
      const Vec<T> slope =
          activate_backward<S.act>(centred * scale + affine.shift(p), load(dy + at), T(S.slope));
      store(dx + at, slope * scale - offset.part[i] - centred * pull.part[i]);
    }
  }
}

}  // namespace detail

/// Statistics over the batch: the block's share of the sums of g h / weight and g / weight, in the
/// shape of S.affine ([C] for none), which are dweight and dbias. From a norm's input x, the
/// gradient dy of its output and what it saved. The value before the activation is computed again.
template <NormShape S, class T>
void norm_backward_sums(const T* x, const T* dy, const T* weight, const T* bias, const T* saved,
                        T* dweight, T* dbias) {
  static_assert(S.statistics == NormStatistics::batch);
  constexpr std::size_t kPlane = std::size_t(S.height * S.width) * kLanes;
  for (int c = 0; c < S.channels; ++c) {
    const std::size_t plane = std::size_t(c) * kPlane;
    detail::gradient_sums<S>(x + plane, dy + plane, detail::NormAffineOf<S, T>{weight, bias, c},
                             detail::saved_moments<S>(saved, c), dweight, dbias);
  }
}

/// means [2 C]: each channel's mean of g, then of g h, over the batch, from the blocks'
/// norm_backward_sums.
template <NormShape S, class T>
void norm_backward_means(Blocks<T> dweight, Blocks<T> dbias, const T* weight, T* means) {
  constexpr int kPixels = S.height * S.width;
  constexpr int kTerms = S.affine == NormAffine::element ? kPixels : 1;
  constexpr double kCount = double(S.batch) * kPixels;
  for (int c = 0; c < S.channels; ++c) {
    double plain = 0, product = 0;
    for (int p = 0; p < kTerms; ++p) {
      const std::size_t place = detail::NormAffineOf<S, T>{nullptr, nullptr, c}.place(p);
      const double factor = S.affine == NormAffine::none ? 1.0 : double(weight[place]);
      for (int block = 0; block < blocks(S.batch); ++block) {
        product += factor * double(dweight[block][place]);
        plain += factor * double(dbias[block][place]);
      }
    }
    means[c] = T(plain / kCount);
    means[S.channels + c] = T(product / kCount);
  }
}

/// Statistics over the batch: dx [C, H, W] (may be `dy`), the gradient of norm_forward in
/// Mode::train, with the means of norm_backward_means.
template <NormShape S, class T>
void norm_backward_input(const T* x, const T* dy, const T* weight, const T* bias, const T* saved,
                         const T* means, T* dx) {
  static_assert(S.statistics == NormStatistics::batch);
  constexpr std::size_t kPlane = std::size_t(S.height * S.width) * kLanes;
  for (int c = 0; c < S.channels; ++c) {
    const std::size_t plane = std::size_t(c) * kPlane;
    detail::GradientSums<T> of_channel;
    for (Vec<T>& part : of_channel.plain.part) part = splat(means[c]);
    for (Vec<T>& part : of_channel.product.part) part = splat(means[S.channels + c]);
    detail::input_gradient<S>(x + plane, dy + plane, detail::NormAffineOf<S, T>{weight, bias, c},
                              detail::saved_moments<S>(saved, c), of_channel, dx + plane);
  }
}

/// Statistics over each image: dx [C, H, W] (may be `dy`), and the block's share of dweight and
/// dbias in the shape of S.affine (nullptr for none). Arguments as norm_backward_sums has them.
template <NormShape S, class T>
void norm_backward(const T* x, const T* dy, const T* weight, const T* bias, const T* saved, T* dx,
                   T* dweight, T* dbias) {
  static_assert(S.statistics == NormStatistics::group);
  constexpr int kPixels = S.height * S.width, kChannels = S.channels / S.groups;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  constexpr T kScale = T(1.0 / (double(kChannels) * kPixels));
  for (int group = 0; group < S.groups; ++group) {
    const detail::LaneMoments<T> moments = detail::saved_moments<S>(saved, group * kChannels);
    const auto each_channel = [&](auto&& work) {
      for (int c = group * kChannels; c < (group + 1) * kChannels; ++c) {
        work(std::size_t(c) * kPlane, detail::NormAffineOf<S, T>{weight, bias, c});
      }
    };
    detail::GradientSums<T> means;
    each_channel([&](std::size_t plane, const detail::NormAffineOf<S, T>& affine) {
      const auto sums =
          detail::gradient_sums<S>(x + plane, dy + plane, affine, moments, dweight, dbias);
      means.plain.add(sums.plain);
      means.product.add(sums.product);
    });
    for (Vec<T>& part : means.plain.part) part *= kScale;
    for (Vec<T>& part : means.product.part) part *= kScale;
    each_channel([&](std::size_t plane, const detail::NormAffineOf<S, T>& affine) {
      detail::input_gradient<S>(x + plane, dy + plane, affine, moments, means, dx + plane);
    });
  }
}

}  // namespace castnet::cpu
