// Softmax cross-entropy with label smoothing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/cpu/layout.hpp"

namespace castnet::cpu {

namespace detail {

/// Softmax and loss of one image; `logits` are kLanes apart.
template <LossShape S, class T>
T image_loss(const T* logits, int label, double smoothing, T* probabilities) {
  T highest = logits[0];
  for (int k = 1; k < S.classes; ++k) highest = std::max(highest, logits[k * kLanes]);
  T total = 0;
  for (int k = 0; k < S.classes; ++k) {
    probabilities[k] = std::exp(logits[k * kLanes] - highest);
    total += probabilities[k];
  }
  const T log_total = highest + std::log(total);
  T mean = 0;  // of -log p over the classes
  for (int k = 0; k < S.classes; ++k) {
    probabilities[k] /= total;
    mean += (log_total - logits[k * kLanes]) / T(S.classes);
  }
  return T(1 - smoothing) * (log_total - logits[label * kLanes]) + T(smoothing) * mean;
}

}  // namespace detail

/// probabilities [N][classes] (row-major) = softmax of logits [N, classes] (interleaved), and
/// losses [N]: (1 - smoothing) * -log p[label] + smoothing * mean of -log p, PyTorch's definition.
/// Labels are in [0, classes).
template <LossShape S, class T>
void cross_entropy_forward(const T* logits, const std::int32_t* labels, double smoothing,
                           T* probabilities, T* losses) {
  constexpr Extent kLogits{S.classes, 1, 1};
#pragma omp parallel for schedule(static)
  for (int image = 0; image < S.batch; ++image) {
    losses[image] =
        detail::image_loss<S>(logits + element_offset(kLogits, image, 0, 0, 0), labels[image],
                              smoothing, probabilities + std::size_t(image) * S.classes);
  }
}

/// dlogits [N, classes] (interleaved) of the batch's mean loss, from its probabilities.
template <LossShape S, class T>
void cross_entropy_backward(const T* probabilities, const std::int32_t* labels, double smoothing,
                            T* dlogits) {
  constexpr Extent kLogits{S.classes, 1, 1};
  const T every = T(smoothing / S.classes);
#pragma omp parallel for schedule(static)
  for (int image = 0; image < S.batch; ++image) {
    for (int k = 0; k < S.classes; ++k) {
      const T target = every + (k == labels[image] ? T(1 - smoothing) : T(0));
      dlogits[element_offset(kLogits, image, k, 0, 0)] =
          (probabilities[image * S.classes + k] - target) * T(1.0 / S.batch);
    }
  }
}

}  // namespace castnet::cpu
