// As batch.hpp, the CPU kernels over whole batches: the scale of channels, PReLU, channel norm.
#pragma once

#include "batch.hpp"

namespace castnet::batch {

template <auto S>
inline constexpr Extent kMap{S.channels, S.height, S.width};

template <MapShape S, class T>
void scale_forward(const T* x, const T* s, T* y) {
  each_block(S.batch, [&](int b) {
    cpu::scale_forward<S>(images(x, kMap<S>)[b], images(s, {S.channels, 1, 1})[b],
                          images(y, kMap<S>)[b]);
  });
}

template <MapShape S, class T>
void scale_backward(const T* x, const T* s, const T* dy, T* dx, T* ds) {
  constexpr Extent kScales{S.channels, 1, 1};
  each_block(S.batch, [&](int b) {
    cpu::scale_backward<S>(images(x, kMap<S>)[b], images(s, kScales)[b], images(dy, kMap<S>)[b],
                           images(dx, kMap<S>)[b], images(ds, kScales)[b]);
  });
}

template <PReluShape S, class T>
void prelu_forward(const T* x, const T* weight, T* y) {
  each_block(S.batch, [&](int b) {
    cpu::prelu_forward<S>(images(x, kMap<S>)[b], weight, images(y, kMap<S>)[b]);
  });
}

template <PReluShape S, class T>
void prelu_backward(const T* x, const T* dy, const T* weight, T* dx, T* d_weight) {
  summed(S.batch, S.slopes, 0, d_weight, static_cast<T*>(nullptr),
         [&](int b, T* share, T*, Workspace<T, 0>) {
           cpu::prelu_backward<S>(images(x, kMap<S>)[b], images(dy, kMap<S>)[b], weight,
                                  images(dx, kMap<S>)[b], share);
         });
}

/// What a block saves: mean and 1 / std of each pixel.
template <ChannelNormShape S, class T>
Blocks<T> saved_of(T* saved) {
  return {saved, S.saved() / std::size_t(blocks(S.batch))};
}

template <ChannelNormShape S, class T>
void channel_norm_forward(const T* x, const T* weight, const T* bias, T* saved, T* y) {
  each_block(S.batch, [&](int b) {
    cpu::channel_norm_forward<S>(images(x, kMap<S>)[b], weight, bias, saved_of<S>(saved)[b],
                                 images(y, kMap<S>)[b]);
  });
}

/// d_weight, d_bias: nullptr unless S.affine.
template <ChannelNormShape S, class T>
void channel_norm_backward(const T* x, const T* dy, const T* weight, T* saved, T* dx, T* d_weight,
                           T* d_bias) {
  summed(S.batch, S.affine_elements(), S.affine_elements(), d_weight, d_bias,
         [&](int b, T* weights, T* biases, Workspace<T, 0>) {
           cpu::channel_norm_backward<S>(images(x, kMap<S>)[b], images(dy, kMap<S>)[b], weight,
                                         saved_of<S>(saved)[b], images(dx, kMap<S>)[b],
                                         S.affine ? weights : nullptr, S.affine ? biases : nullptr);
         });
}

}  // namespace castnet::batch
