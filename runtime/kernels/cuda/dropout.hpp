// Dropout, per element or per channel. The mask is a function of seed, epoch, sample, operation and
// place in the image: nothing is stored between forward and backward.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/program.hpp"
#include "kernels/cuda/mask.hpp"

namespace castnet::cuda {

template <class S, class T>
__global__ void dropout_kernel(Masks<S> masks, const T* x, T* y) {
  MaskedElements<S, S>::each(masks, [=](auto i, float factor) { y[i] = T(float(x[i]) * factor); });
}

/// dx = dy with the mask of the same step and samples. `dx` may be `dy`.
template <class S, class T>
void dropout_backward(cudaStream_t stream, const DeviceStep* step, const std::uint32_t* samples,
                      const T* dy, T* dx) {
  using Elements = MaskedElements<S, S>;
  launch<dropout_kernel<S, T>>(stream, Elements::kGrid, Elements::kBlock, Masks<S>{step, samples},
                               dy, dx);
}

/// y [N, C, H, W] = x with elements (or channels) dropped at rate < 1 and the others scaled by
/// 1 / (1 - rate); a copy in Mode::evaluate. `step` and `samples` [N], indices in the data set, are
/// on the device. Element e of an image (C, H, W order; the channel when per_channel) is dropped
/// where the uniform number of word e % 4 of philox({sample, epoch, e / 4, Stream::dropout +
/// index}, seed) is below the rate. `y` may be `x`.
template <class S, class T>
void dropout_forward(cudaStream_t stream, Mode mode, const DeviceStep* step,
                     const std::uint32_t* samples, const T* x, T* y) {
  if (mode == Mode::train) {
    dropout_backward<S>(stream, step, samples, x, y);
  } else if (x != y) {
    constexpr std::size_t kBytes = elements(S::value) * sizeof(T);
    CASTNET_CHECK(cudaMemcpyAsync(y, x, kBytes, cudaMemcpyDeviceToDevice, stream));
  }
}

}  // namespace castnet::cuda
