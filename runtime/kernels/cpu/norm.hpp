// Batch, group, layer and instance norm with the activation that follows: forward.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/program.hpp"
#include "kernels/cpu/norm_backward.hpp"
#include "kernels/cpu/normalise.hpp"

namespace castnet::cpu {

namespace detail {

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

/// As cpu::norm_statistics, of statistics over the batch.
template <NormShape S, class T>
void batch_norm_statistics(Mode mode, const T* x, T* saved, T* running, T* scratch) {
  if (mode == Mode::train) return batch_statistics<S>(x, saved, running, scratch);
  for (int c = 0; c < S.channels; ++c) {
    saved[c] = running[c];
    saved[S.channels + c] = T(1 / std::sqrt(double(running[S.channels + c]) + S.epsilon));
  }
}

/// Of one group of each image of a block; x [N, C, H, W].
template <NormShape S, class T>
void group_statistics(const T* x, int block, int group, T* saved) {
  constexpr int kPixels = S.height * S.width, kChannels = S.channels / S.groups;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  const LaneMoments<T> moments =
      group_moments(x + std::size_t(block * S.channels + group * kChannels) * kPlane, kChannels,
                    kPixels, S.epsilon);
  T* keep = saved + std::size_t(block * S.groups + group) * kLanes;
  moments.mean.put(keep);
  moments.inverse.put(keep + std::size_t(S.batch * S.groups));
}

/// As cpu::norm_forward; then(block) follows a block's y, while that is in the cache.
template <NormShape S, class T, class Then>
void norm_forward(Mode mode, const T* x, const T* weight, const T* bias, T* saved, T* running,
                  T* scratch, T* y, Then then) {
  constexpr bool kBatch = S.statistics == NormStatistics::batch;
  constexpr int kPixels = S.height * S.width, kChannels = S.channels / S.groups;
  constexpr std::size_t kPlane = std::size_t(kPixels) * kLanes;
  if constexpr (kBatch) batch_norm_statistics<S>(mode, x, saved, running, scratch);
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(S.batch); ++block) {
    for (int group = 0; group < S.groups; ++group) {
      if constexpr (!kBatch) group_statistics<S>(x, block, group, saved);
      for (int c = group * kChannels; c < (group + 1) * kChannels; ++c) {
        const std::size_t plane = std::size_t(block * S.channels + c) * kPlane;
        normalise_pixels<S>(x + plane, NormAffineOf<S, T>{weight, bias, c},
                            saved_moments<S>(saved, block, c), kPixels, y + plane);
      }
    }
    then(block);
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

/// What norm_forward<S> leaves in `saved` and `running`, without its y: for Normalised<S>.
template <NormShape S, class T>
void norm_statistics(Mode mode, const T* x, T* saved, T* running, T* scratch) {
  if constexpr (S.statistics == NormStatistics::batch) {
    detail::batch_norm_statistics<S>(mode, x, saved, running, scratch);
  } else {
#pragma omp parallel for schedule(static)
    for (int block = 0; block < blocks(S.batch); ++block) {
      for (int group = 0; group < S.groups; ++group) {
        detail::group_statistics<S>(x, block, group, saved);
      }
    }
  }
}

}  // namespace castnet::cpu
