// A norm, the activation that follows it, and the dropout behind both, block by block: the dropout
// works on what is still in the cache.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/dropout.hpp"
#include "kernels/cpu/norm.hpp"

namespace castnet::cpu {

/// norm_forward<S>, then dropout_forward<D> of y in place: the same bits.
template <NormShape S, DropoutShape D, class T>
void norm_dropout_forward(Mode mode, std::uint64_t seed, std::uint32_t epoch,
                          const std::uint32_t* samples, const T* x, const T* weight, const T* bias,
                          T* saved, T* running, T* scratch, T* y) {
  detail::norm_forward<S>(mode, x, weight, bias, saved, running, scratch, y, [=](int block) {
    if (mode == Mode::train) detail::dropout_block<D>(seed, epoch, samples, block, y, y);
  });
}

/// dropout_backward<D> of dy into dx, then norm_backward<S> of that, in place: the same bits.
template <NormShape S, DropoutShape D, class T>
void norm_dropout_backward(std::uint64_t seed, std::uint32_t epoch, const std::uint32_t* samples,
                           const T* x, const T* dy, const T* weight, const T* bias, const T* saved,
                           T* scratch, T* dx, T* dweight, T* dbias) {
  detail::norm_backward<S>(x, dx, weight, bias, saved, scratch, dx, dweight, dbias, [=](int block) {
    detail::dropout_block<D>(seed, epoch, samples, block, dy, dx);
  });
}

}  // namespace castnet::cpu
