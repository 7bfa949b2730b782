// Batch, group, layer and instance norm with the activation that follows: forward. Statistics over
// the batch come from sums of each block of images.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/program.hpp"
#include "core/slice.hpp"
#include "kernels/cpu/norm_backward.hpp"
#include "kernels/cpu/normalise.hpp"

namespace castnet::cpu {

/// sums [2 C]: each channel's mean over the block, then its sums of squared deviations, from what
/// norm_measure or a convolution measured.
template <NormShape S, class T>
void norm_sums(const T* measured, T* sums) {
  static_assert(S.statistics == NormStatistics::batch);
  for (int c = 0; c < S.channels; ++c) {
    const detail::Moments moments =
        detail::block_moments(measured + c * kMeasured, S.height * S.width);
    sums[c] = T(moments.mean);
    sums[S.channels + c] = T(moments.squares);
  }
}

/// saved [2 C]: each channel's running mean and 1 / std, by which evaluation normalises.
template <NormShape S, class T>
void norm_running(const T* running_mean, const T* running_var, T* saved) {
  static_assert(S.statistics == NormStatistics::batch);
  for (int c = 0; c < S.channels; ++c) {
    saved[c] = running_mean[c];
    saved[S.channels + c] = T(1 / std::sqrt(double(running_var[c]) + S.epsilon));
  }
}

/// saved [2 C]: each channel's mean and 1 / std over the batch, from the blocks' norm_sums,
/// in training; running_mean [C] and running_var [C] move by S.momentum towards the batch's mean
/// and unbiased variance (PyTorch's rule). In Mode::evaluate, norm_running.
template <NormShape S, class T>
void norm_statistics(Mode mode, Blocks<T> sums, T* saved, T* running_mean, T* running_var) {
  static_assert(S.statistics == NormStatistics::batch);
  if (mode == Mode::evaluate) return norm_running<S>(running_mean, running_var, saved);
  constexpr double kCount = double(S.height * S.width) * kLanes;
  for (int c = 0; c < S.channels; ++c) {
    detail::Moments total;
    for (int block = 0; block < blocks(S.batch); ++block) {
      total.merge({kCount, double(sums[block][c]), double(sums[block][S.channels + c])});
    }
    const double variance = std::fmax(total.squares / total.count, 0.0);
    const double unbiased = total.squares / std::fmax(total.count - 1, 1.0);
    saved[c] = T(total.mean);
    saved[S.channels + c] = T(1 / std::sqrt(variance + S.epsilon));
    running_mean[c] = T((1 - S.momentum) * double(running_mean[c]) + S.momentum * total.mean);
    running_var[c] = T((1 - S.momentum) * double(running_var[c]) + S.momentum * unbiased);
  }
}

/// saved [2 groups][kLanes]: the mean of each group of each image of a block, then 1 / std,
/// from what norm_measure or a convolution measured.
template <NormShape S, class T>
void norm_moments(const T* measured, T* saved) {
  static_assert(S.statistics == NormStatistics::group);
  constexpr int kChannels = S.channels / S.groups;
  for (int group = 0; group < S.groups; ++group) {
    const detail::LaneMoments<T> moments =
        detail::group_moments(measured + std::size_t(group * kChannels) * kMeasured, kChannels,
                              S.height * S.width, S.epsilon);
    moments.mean.put(saved + group * kLanes);
    moments.inverse.put(saved + (S.groups + group) * kLanes);
  }
}

/// y [C, H, W] = S.act((x - mean) / sqrt(variance + epsilon) * weight + bias); `y` may be `x` where
/// backward is not wanted. weight and bias: [C] or [C, H, W] as S.affine says, nullptr for none.
/// `saved`: by norm_statistics or norm_moments.
template <NormShape S, class T>
void norm_forward(const T* x, const T* weight, const T* bias, const T* saved, T* y) {
  constexpr int kPixels = S.height * S.width;
  for (int c = 0; c < S.channels; ++c) {
    const std::size_t plane = std::size_t(c * kPixels) * kLanes;
    detail::normalise_pixels<S>(x + plane, detail::NormAffineOf<S, T>{weight, bias, c},
                                detail::saved_moments<S>(saved, c), kPixels, y + plane);
  }
}

}  // namespace castnet::cpu
