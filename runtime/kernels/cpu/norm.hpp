// Batch, group, layer and instance norm with the activation that follows: forward.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/program.hpp"
#include "kernels/cpu/activation_function.hpp"
#include "kernels/cpu/norm_backward.hpp"
#include "kernels/cpu/norm_statistics.hpp"

namespace castnet::cpu {

namespace detail {

/// y = act((x - mean) * inverse * weight + bias) for channel `channel` of one block.
template <NormShape S, class T>
[[gnu::noinline]] void normalise_channel(const T* x, const T* weight, const T* bias,
                                         const LaneMoments<T>& moments, int channel, T* y) {
  constexpr int kPixels = S.height * S.width;
  constexpr bool kElement = S.affine == NormAffine::element;
  const NormAffineOf<S, T> affine{weight, bias, channel};
  const Lanes<T> mean = moments.mean;
  Lanes<T> scale = moments.inverse;
  if constexpr (!kElement) {
    for (Vec<T>& part : scale.part) part *= affine.factor(0);
  }
  for (int p = 0; p < kPixels; ++p) {
    for (int i = 0; i < kParts<T>; ++i) {
      const Vec<T> centred = load(x + p * kLanes + i * kWidth<T>) - mean.part[i];
      const Vec<T> factor = kElement ? scale.part[i] * affine.factor(p) : scale.part[i];
      store(y + p * kLanes + i * kWidth<T>,
            activate<S.act>(centred * factor + affine.shift(p), T(S.slope)));
    }
  }
}

/// Statistics of a training batch into saved [mean C][1 / deviation C]; updates the running ones.
template <NormShape S, class T>
void batch_statistics(const T* x, T* saved, T* running, T* scratch) {
  constexpr int kPixels = S.height * S.width;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  constexpr int kBlocks = blocks(S.batch);
  constexpr std::size_t kPartial = S.scratch() / std::size_t(kBlocks);
#pragma omp parallel for schedule(static)
  for (int block = 0; block < kBlocks; ++block) {
    T* partial = scratch + std::size_t(block) * kPartial;
    for (int c = 0; c < S.channels; ++c) {
      const Moments moments =
          channel_moments(x + std::size_t(block * S.channels + c) * kPlane, kPixels);
      partial[c] = T(moments.mean);
      partial[S.channels + c] = T(moments.squares);
    }
  }
  for (int c = 0; c < S.channels; ++c) {
    Moments total;
    for (int block = 0; block < kBlocks; ++block) {
      const T* partial = scratch + std::size_t(block) * kPartial;
      total.merge({double(kPixels) * kLanes, double(partial[c]), double(partial[S.channels + c])});
    }
    const double variance = std::fmax(total.squares / total.count, 0.0);
    const double unbiased = total.squares / std::fmax(total.count - 1, 1.0);
    saved[c] = T(total.mean);
    saved[S.channels + c] = T(1 / std::sqrt(variance + S.epsilon));
    running[c] = T((1 - S.momentum) * double(running[c]) + S.momentum * total.mean);
    running[S.channels + c] =
        T((1 - S.momentum) * double(running[S.channels + c]) + S.momentum * unbiased);
  }
}

template <NormShape S, class T, class Then>
void batch_norm_forward(const T* x, const T* weight, const T* bias, const T* saved, T* y,
                        Then then) {
  constexpr std::size_t kPlane = std::size_t(S.height * S.width) * kLanes;
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    for (int c = 0; c < S.channels; ++c) {
      const std::size_t plane = std::size_t(block * S.channels + c) * kPlane;
      normalise_channel<S>(x + plane, weight, bias, batch_moments<S>(saved, c), c, y + plane);
    }
    then(block);
  }
}

template <NormShape S, class T, class Then>
void group_norm_forward(const T* x, const T* weight, const T* bias, T* saved, T* y, Then then) {
  constexpr int kPixels = S.height * S.width;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  constexpr int kChannels = S.channels / S.groups;
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    for (int group = 0; group < S.groups; ++group) {
      const std::size_t first = std::size_t(block * S.channels + group * kChannels) * kPlane;
      const LaneMoments<T> moments = group_moments(x + first, kChannels, kPixels, S.epsilon);
      T* keep = saved + std::size_t(block * S.groups + group) * kLanes;
      moments.mean.put(keep);
      moments.inverse.put(keep + std::size_t(S.batch * S.groups));
      for (int c = 0; c < kChannels; ++c) {
        const std::size_t plane = first + std::size_t(c) * kPlane;
        normalise_channel<S>(x + plane, weight, bias, moments, group * kChannels + c, y + plane);
      }
    }
    then(block);
  }
}

/// As cpu::norm_forward; then(block) follows a block's y, while that is in the cache.
template <NormShape S, class T, class Then>
void norm_forward(Mode mode, const T* x, const T* weight, const T* bias, T* saved, T* running,
                  T* scratch, T* y, Then then) {
  if constexpr (S.statistics == NormStatistics::batch) {
    if (mode == Mode::train) {
      batch_statistics<S>(x, saved, running, scratch);
    } else {
      for (int c = 0; c < S.channels; ++c) {
        saved[c] = running[c];
        saved[S.channels + c] = T(1 / std::sqrt(double(running[S.channels + c]) + S.epsilon));
      }
    }
    batch_norm_forward<S>(x, weight, bias, saved, y, then);
  } else {
    group_norm_forward<S>(x, weight, bias, saved, y, then);
  }
}

}  // namespace detail

/// y [N, C, H, W] = S.act((x - mean) / sqrt(variance + epsilon) * weight + bias); `y` may be `x`
/// where backward is not wanted.
/// weight and bias: [C] or [C, H, W] as S.affine says, nullptr for none.
/// saved [S.saved()]: mean and 1 / deviation for backward; per channel, or per image and group.
/// running [mean C][variance C]: batch statistics only, else nullptr. Training moves it by
/// S.momentum towards the batch's mean and unbiased variance (PyTorch's rule); Mode::evaluate
/// normalises by it. Other norms do the same in both modes.
/// scratch [S.scratch()].
template <NormShape S, class T>
void norm_forward(Mode mode, const T* x, const T* weight, const T* bias, T* saved, T* running,
                  T* scratch, T* y) {
  detail::norm_forward<S>(mode, x, weight, bias, saved, running, scratch, y, [](int) {});
}

}  // namespace castnet::cpu
