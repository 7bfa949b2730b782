// Softmax cross-entropy against a distribution over the classes.
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

/// One warp an image.
template <class S, class T>
__global__ void cross_entropy_forward_kernel(const T* logits, const float* targets,
                                             float* probabilities, float* losses) {
  constexpr unsigned kClasses = S::value.classes;
  const std::size_t image = std::size_t(blockIdx.x) * (kThreads / kWarp) + threadIdx.x / kWarp;
  if (image >= std::size_t(S::value.batch)) return;  // the whole warp
  const unsigned lane = threadIdx.x % kWarp;
  const std::size_t row = image * kClasses;
  auto highest = float(logits[row]);
  for (unsigned k = lane; k < kClasses; k += kWarp) {
    highest = std::max(highest, float(logits[row + k]));
  }
  highest = warp_maximum(highest);
  float total = 0;
  for (unsigned k = lane; k < kClasses; k += kWarp) {
    total += std::exp(float(logits[row + k]) - highest);
  }
  total = warp_sum(total);
  const float log_total = highest + std::log(total);
  float loss = 0;
  for (unsigned k = lane; k < kClasses; k += kWarp) {
    const auto logit = float(logits[row + k]);
    probabilities[row + k] = std::exp(logit - highest) / total;
    loss += targets[row + k] * (log_total - logit);
  }
  loss = warp_sum(loss);
  if (lane == 0) losses[image] = loss;
}

template <class S, class T>
__global__ void cross_entropy_backward_kernel(const float* probabilities, const float* targets,
                                              T* dlogits) {
  each_element<std::size_t(S::value.batch) * std::size_t(S::value.classes)>([=](auto i) {
    dlogits[i] = T((probabilities[i] - targets[i]) * float(1.0 / S::value.batch));
  });
}

/// probabilities [N][classes] = softmax of logits [N][classes], and losses [N]: the sum over
/// classes of -target * log p (torch.nn.functional.cross_entropy with probabilities as target).
/// `targets` [N][classes] are distributions.
template <class S, class T>
void cross_entropy_forward(cudaStream_t stream, const T* logits, const float* targets,
                           float* probabilities, float* losses) {
  launch<cross_entropy_forward_kernel<S, T>>(
      stream, blocks_for(std::size_t(S::value.batch), kThreads / kWarp), kThreads, logits, targets,
      probabilities, losses);
}

/// dlogits [N][classes] of the batch's mean loss, from its probabilities.
template <class S, class T>
void cross_entropy_backward(cudaStream_t stream, const float* probabilities, const float* targets,
                            T* dlogits) {
  constexpr std::size_t kCount = std::size_t(S::value.batch) * std::size_t(S::value.classes);
  launch<cross_entropy_backward_kernel<S, T>>(stream, grid_for(kCount), kThreads, probabilities,
                                              targets, dlogits);
}

}  // namespace castnet::cuda
