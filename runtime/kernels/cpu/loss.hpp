// Softmax cross-entropy against a distribution over the classes.
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
T image_loss(const T* logits, const T* target, T* probabilities) {
  T highest = logits[0];
  for (int k = 1; k < S.classes; ++k) highest = std::max(highest, logits[k * kLanes]);
  T total = 0;
  for (int k = 0; k < S.classes; ++k) {
    probabilities[k] = std::exp(logits[k * kLanes] - highest);
    total += probabilities[k];
  }
  const T log_total = highest + std::log(total);
  T loss = 0;
  for (int k = 0; k < S.classes; ++k) {
    probabilities[k] /= total;
    loss += target[k] * (log_total - logits[k * kLanes]);
  }
  return loss;
}

}  // namespace detail

/// probabilities [N][classes] (row-major) = softmax of logits [N, classes] (interleaved), and
/// losses [N]: the sum over classes of -target * log p (torch.nn.functional.cross_entropy with
/// probabilities as target). `targets` [N][classes] (row-major) are distributions.
template <LossShape S, class T>
void cross_entropy_forward(const T* logits, const T* targets, T* probabilities, T* losses) {
  constexpr Extent kLogits{S.classes, 1, 1};
#pragma omp parallel for schedule(static)
  for (int image = 0; image < S.batch; ++image) {
    const std::size_t row = std::size_t(image) * S.classes;
    losses[image] = detail::image_loss<S>(logits + element_offset(kLogits, image, 0, 0, 0),
                                          targets + row, probabilities + row);
  }
}

/// dlogits [N, classes] (interleaved) of the batch's mean loss, from its probabilities.
template <LossShape S, class T>
void cross_entropy_backward(const T* probabilities, const T* targets, T* dlogits) {
  constexpr Extent kLogits{S.classes, 1, 1};
#pragma omp parallel for schedule(static)
  for (int image = 0; image < S.batch; ++image) {
    const std::size_t row = std::size_t(image) * S.classes;
    for (int k = 0; k < S.classes; ++k) {
      const std::size_t i = row + std::size_t(k);
      dlogits[element_offset(kLogits, image, k, 0, 0)] =
          (probabilities[i] - targets[i]) * T(1.0 / S.batch);
    }
  }
}

}  // namespace castnet::cpu
