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

/// Of one block of images: probabilities [kLanes][classes] (row-major) = softmax of logits
/// [classes] (interleaved), and losses [kLanes]: the sum over classes of -target * log p
/// (torch.nn.functional.cross_entropy with probabilities as target). `targets` [kLanes][classes]
/// (row-major) are distributions.
template <LossShape S, class T>
void cross_entropy_forward(const T* logits, const T* targets, T* probabilities, T* losses) {
  for (int lane = 0; lane < kLanes; ++lane) {
    const int row = lane * S.classes;
    losses[lane] = detail::image_loss<S>(logits + lane, targets + row, probabilities + row);
  }
}

/// dlogits [classes] (interleaved) of the mean loss of S.batch images, from the probabilities of
/// one block of them.
template <LossShape S, class T>
void cross_entropy_backward(const T* probabilities, const T* targets, T* dlogits) {
  for (int lane = 0; lane < kLanes; ++lane) {
    for (int k = 0; k < S.classes; ++k) {
      const int i = lane * S.classes + k;
      dlogits[k * kLanes + lane] = (probabilities[i] - targets[i]) * T(1.0 / S.batch);
    }
  }
}

}  // namespace castnet::cpu
