// Batch, group, layer and instance norm with the activation that follows: backward. With
// g = act'(.) dy weight and h = (x - mean) / deviation, over the set that shares its statistics:
// dx = (g - mean(g) - h mean(g h)) / deviation.
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

/// One channel of one block. Adds to `sums`, and leaves the channel's share of dweight and dbias
/// (before the factor of `weight`) in `partial` [dweight ...][dbias ...].
template <NormShape S, class T>
[[gnu::noinline]] void norm_sums(const T* x, const T* dy, const NormAffineOf<S, T>& affine,
                                 const LaneMoments<T>& moments, GradientSums<T>& sums, T* partial) {
  constexpr int kPixels = S.height * S.width;
  constexpr bool kElement = S.affine == NormAffine::element;
  constexpr std::size_t kHalf = kElement ? S.affine_elements() : std::size_t(S.channels);
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
      partial[affine.place(p)] = pixel.product.total();
      partial[kHalf + affine.place(p)] = pixel.plain.total();
    }
  }
  if constexpr (!kElement) {
    for (int i = 0; i < kParts<T>; ++i) total.product.part[i] *= inverse.part[i];
    partial[affine.channel] = total.product.total();
    partial[kHalf + std::size_t(affine.channel)] = total.plain.total();
    for (int i = 0; i < kParts<T>; ++i) {
      total.plain.part[i] *= affine.factor(0);
      total.product.part[i] *= affine.factor(0);
    }
  }
  sums.plain.add(total.plain);
  sums.product.add(total.product);
}

/// dx of one channel of one block, from the means of g and g h. `dx` may be `dy`.
template <NormShape S, class T>
[[gnu::noinline]] void norm_input(const T* x, const T* dy, const NormAffineOf<S, T>& affine,
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

/// Elements of scratch a block.
template <NormShape S>
inline constexpr std::size_t kNormPartial = S.scratch() / std::size_t(blocks(S.batch));

/// Adds the blocks' partial sums into the first block's, in ascending order, and copies them out.
template <NormShape S, class T>
void norm_parameters(T* scratch, T* dweight, T* dbias) {
  constexpr std::size_t kAffine = S.affine_elements();
  constexpr std::size_t kHalf = std::max(kAffine, std::size_t(S.channels));
  for (int block = 1; block < blocks(S.batch); ++block) {
    const T* from = scratch + std::size_t(block) * kNormPartial<S>;
    for (std::size_t i = 0; i < 2 * kHalf; ++i) scratch[i] += from[i];
  }
  if constexpr (S.affine != NormAffine::none) {
    std::copy_n(scratch, kAffine, dweight);
    std::copy_n(scratch + kHalf, kAffine, dbias);
  }
}

/// Means of g and g h over the batch, from the parameters' gradients.
template <NormShape S, class T>
GradientSums<T> batch_means(const T* totals, const T* weight, int channel) {
  constexpr int kPixels = S.height * S.width;
  constexpr std::size_t kHalf = std::max(S.affine_elements(), std::size_t(S.channels));
  constexpr int kTerms = S.affine == NormAffine::element ? kPixels : 1;
  double plain = 0, product = 0;
  for (int p = 0; p < kTerms; ++p) {
    const std::size_t place = NormAffineOf<S, T>{nullptr, nullptr, channel}.place(p);
    const double factor = S.affine == NormAffine::none ? 1.0 : double(weight[place]);
    product += factor * double(totals[place]);
    plain += factor * double(totals[kHalf + place]);
  }
  constexpr double kCount = double(S.batch) * kPixels;
  GradientSums<T> means;
  for (Vec<T>& part : means.plain.part) part = splat(T(plain / kCount));
  for (Vec<T>& part : means.product.part) part = splat(T(product / kCount));
  return means;
}

template <NormShape S, class T, class First>
void batch_norm_backward(const T* x, const T* dy, const T* weight, const T* bias, const T* saved,
                         T* scratch, T* dx, T* dweight, T* dbias, First first) {
  constexpr std::size_t kPlane = std::size_t(S.height * S.width) * kLanes;
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    first(block);
    for (int c = 0; c < S.channels; ++c) {
      const std::size_t plane = std::size_t(block * S.channels + c) * kPlane;
      GradientSums<T> unused;  // of one block only; the batch's come from the parameters' gradients
      norm_sums<S>(x + plane, dy + plane, NormAffineOf<S, T>{weight, bias, c},
                   saved_moments<S>(saved, block, c), unused,
                   scratch + std::size_t(block) * kNormPartial<S>);
    }
  }
  norm_parameters<S>(scratch, dweight, dbias);
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    for (int c = 0; c < S.channels; ++c) {
      const std::size_t plane = std::size_t(block * S.channels + c) * kPlane;
      norm_input<S>(x + plane, dy + plane, NormAffineOf<S, T>{weight, bias, c},
                    saved_moments<S>(saved, block, c), batch_means<S>(scratch, weight, c),
                    dx + plane);
    }
  }
}

template <NormShape S, class T, class First>
void group_norm_backward(const T* x, const T* dy, const T* weight, const T* bias, const T* saved,
                         T* scratch, T* dx, T* dweight, T* dbias, First first) {
  constexpr int kPixels = S.height * S.width;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  constexpr int kChannels = S.channels / S.groups;
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    first(block);
    T* partial = scratch + std::size_t(block) * kNormPartial<S>;
    for (int group = 0; group < S.groups; ++group) {
      const LaneMoments<T> moments = saved_moments<S>(saved, block, group * kChannels);
      const auto each_channel = [&](auto&& work) {
        for (int c = group * kChannels; c < (group + 1) * kChannels; ++c) {
          work(std::size_t(block * S.channels + c) * kPlane, NormAffineOf<S, T>{weight, bias, c});
        }
      };
      GradientSums<T> means;
      each_channel([&](std::size_t plane, const NormAffineOf<S, T>& affine) {
        norm_sums<S>(x + plane, dy + plane, affine, moments, means, partial);
      });
      constexpr T kScale = T(1.0 / (double(kChannels) * kPixels));
      for (Vec<T>& part : means.plain.part) part *= kScale;
      for (Vec<T>& part : means.product.part) part *= kScale;
      each_channel([&](std::size_t plane, const NormAffineOf<S, T>& affine) {
        norm_input<S>(x + plane, dy + plane, affine, moments, means, dx + plane);
      });
    }
  }
  norm_parameters<S>(scratch, dweight, dbias);
}

/// As cpu::norm_backward; first(block) precedes the reading of a block's dy.
template <NormShape S, class T, class First>
void norm_backward(const T* x, const T* dy, const T* weight, const T* bias, const T* saved,
                   T* scratch, T* dx, T* dweight, T* dbias, First first) {
  if constexpr (S.statistics == NormStatistics::batch) {
    batch_norm_backward<S>(x, dy, weight, bias, saved, scratch, dx, dweight, dbias, first);
  } else {
    group_norm_backward<S>(x, dy, weight, bias, saved, scratch, dx, dweight, dbias, first);
  }
}

}  // namespace detail

/// Gradients of norm_forward in Mode::train: dx [N, C, H, W] (may be `dy`), dweight and dbias in
/// the shape of S.affine (nullptr for none), from its input x, the gradient dy of its output and
/// what it saved. The value before the activation is computed again. scratch [S.scratch()].
template <NormShape S, class T>
void norm_backward(const T* x, const T* dy, const T* weight, const T* bias, const T* saved,
                   T* scratch, T* dx, T* dweight, T* dbias) {
  detail::norm_backward<S>(x, dy, weight, bias, saved, scratch, dx, dweight, dbias, [](int) {});
}

}  // namespace castnet::cpu
