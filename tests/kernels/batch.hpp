// The CPU kernels over whole batches, as generated programs call them: block of images by block, on
// all threads, with what comes before and behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "core/workspace.hpp"
#include "kernels/cpu/activation.hpp"
#include "kernels/cpu/add.hpp"
#include "kernels/cpu/blocks.hpp"
#include "kernels/cpu/channel_norm.hpp"
#include "kernels/cpu/conv.hpp"
#include "kernels/cpu/conv_activation.hpp"
#include "kernels/cpu/conv_norm.hpp"
#include "kernels/cpu/conv_norm_conv_pool.hpp"
#include "kernels/cpu/conv_pool.hpp"
#include "kernels/cpu/dropout.hpp"
#include "kernels/cpu/images.hpp"
#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loss.hpp"
#include "kernels/cpu/muon.hpp"
#include "kernels/cpu/norm.hpp"
#include "kernels/cpu/optimizer.hpp"
#include "kernels/cpu/pool.hpp"
#include "kernels/cpu/prelu.hpp"
#include "kernels/cpu/scale.hpp"

namespace castnet::batch {

using cpu::blocks;
using cpu::Extent;

/// Calls run(block) for each block of a batch.
template <class Run>
void each_block(int batch, const Run& run) {
#pragma omp parallel for schedule(static)
  for (int block = 0; block < blocks(batch); ++block) run(block);
}

/// The same with run(block, workspace): room for just N numbers that are none, whose end is
/// watched.
template <class T, std::size_t N, class Run>
void each_block(int batch, const Run& run) {
  constexpr T kGuard = 7;
  const auto count = std::size_t(blocks(batch));
  std::vector<T> memory(count * (N + 1), std::numeric_limits<T>::quiet_NaN());
  for (std::size_t i = 1; i <= count; ++i) memory[i * (N + 1) - 1] = kGuard;
  each_block(batch,
             [&](int b) { run(b, Workspace<T, N>{memory.data() + std::size_t(b) * (N + 1)}); });
  for (std::size_t i = 1; i <= count; ++i) {
    if (memory[i * (N + 1) - 1] != kGuard) throw std::logic_error("a kernel left its workspace");
  }
}

/// The blocks of a tensor, and of small tensors that each block has.
template <class T>
Blocks<T> parts(T* first, std::size_t stride) {
  return {first, stride};
}
template <class T>
Blocks<T> images(T* first, Extent extent) {
  return {first, extent.block()};
}

template <ConvShape S>
inline constexpr Extent kIn{S.in_channels, S.in_height, S.in_width};
template <ConvShape S>
inline constexpr Extent kOut{S.out_channels, S.out_height(), S.out_width()};

/// run(block, dweight, dbias, workspace) for each block's share, then their sums.
template <std::size_t N = 0, class T, class Run>
void summed(int batch, std::size_t weights, std::size_t biases, T* dweight, T* dbias,
            const Run& run) {
  std::vector<T> shares(std::size_t(blocks(batch)) * (weights + biases), T(7));
  const Blocks<T> share = parts(shares.data(), weights + biases);
  each_block<T, N>(batch, [&](int b, Workspace<T, N> workspace) {
    run(b, share[b], biases > 0 ? share[b] + weights : nullptr, workspace);
  });
  cpu::sum_blocks(share, blocks(batch), weights, dweight);
  if (biases > 0) {
    cpu::sum_blocks(parts(shares.data() + weights, weights + biases), blocks(batch), biases, dbias);
  }
}

template <ConvShape S, class T>
std::vector<T> packed(const T* weight) {
  std::vector<T> result(cpu::packed_elements(S), T(7));
  cpu::conv_pack<S>(weight, result.data());
  return result;
}
template <ConvShape S, class T>
std::vector<T> packed_data(const T* weight) {
  std::vector<T> result(cpu::packed_data_elements(S), T(7));
  cpu::conv_pack_data<S>(weight, result.data());
  return result;
}

template <ConvShape S, class T>
void conv_forward(const T* x, const T* weight, const T* bias, T* y) {
  const auto ready = packed<S>(weight);
  each_block<T, cpu::conv_forward_workspace<S, T>()>(S.batch, [&](int b, auto workspace) {
    cpu::conv_forward<S>(images(x, kIn<S>)[b], ready.data(), bias, images(y, kOut<S>)[b],
                         workspace);
  });
}

template <ConvShape S, class T>
void conv_backward_data(const T* dy, const T* weight, T* dx) {
  const auto ready = packed_data<S>(weight);
  each_block<T, cpu::conv_backward_data_workspace<S, T>()>(S.batch, [&](int b, auto workspace) {
    cpu::conv_backward_data<S>(images(dy, kOut<S>)[b], ready.data(), images(dx, kIn<S>)[b],
                               workspace);
  });
}

template <ConvShape S, class T>
void conv_backward_weight(const T* x, const T* dy, T* dweight, T* dbias) {
  summed<cpu::conv_backward_weight_workspace<S, T>()>(
      S.batch, S.weights(), std::size_t(S.bias ? S.out_channels : 0), dweight, dbias,
      [&](int b, T* weights, T* biases, auto workspace) {
        cpu::conv_backward_weight<S>(images(x, kIn<S>)[b], images(dy, kOut<S>)[b], weights, biases,
                                     workspace);
      });
}

/// The input of each block: a tensor's, or that of a norm that is computed as it is read.
template <ConvShape S, class T>
const T* input(const T* x, int b) {
  return images(x, kIn<S>)[b];
}
template <ConvShape S, NormShape N, class T>
cpu::Normalised<N, T> input(const cpu::NormalisedBlocks<N, T>& x, int b) {
  return x[b];
}

template <PoolShape P>
inline constexpr Extent kPooled{P.channels, P.out_height(), P.out_width()};

template <ConvShape S, PoolShape P, class X, class T>
void conv_pool_forward(const X& x, const T* weight, const T* bias, std::uint8_t* places, T* y) {
  const auto ready = packed<S>(weight);
  each_block<T, cpu::conv_pool_forward_workspace<S, P, T>()>(S.batch, [&](int b, auto workspace) {
    cpu::conv_pool_forward<S, P>(input<S>(x, b), ready.data(), bias,
                                 places == nullptr ? nullptr : images(places, kPooled<P>)[b],
                                 images(y, kPooled<P>)[b], workspace);
  });
}

template <ConvShape S, PoolShape P, class T>
void conv_pool_backward_data(const T* dy, const std::uint8_t* places, const T* weight, T* dx) {
  const auto ready = packed_data<S>(weight);
  constexpr std::size_t kNeeded = cpu::conv_pool_backward_data_workspace<S, P, T>();
  each_block<T, kNeeded>(S.batch, [&](int b, auto workspace) {
    cpu::conv_pool_backward_data<S, P>(images(dy, kPooled<P>)[b], images(places, kPooled<P>)[b],
                                       ready.data(), images(dx, kIn<S>)[b], workspace);
  });
}

template <ConvShape S, PoolShape P, class X, class T>
void conv_pool_backward_weight(const X& x, const T* dy, const std::uint8_t* places, T* dweight,
                               T* dbias) {
  summed<cpu::conv_pool_backward_weight_workspace<S, P, T>()>(
      S.batch, S.weights(), std::size_t(S.bias ? S.out_channels : 0), dweight, dbias,
      [&](int b, T* weights, T* biases, auto workspace) {
        cpu::conv_pool_backward_weight<S, P>(input<S>(x, b), images(dy, kPooled<P>)[b],
                                             images(places, kPooled<P>)[b], weights, biases,
                                             workspace);
      });
}

/// As the norm's statistics, whatever they are over, lie in `saved`: S.saved() elements.
template <NormShape S, class T>
Blocks<T> saved_of(T* saved) {
  if (S.statistics == NormStatistics::batch) return {saved, 0};
  return {saved, S.saved() / std::size_t(blocks(S.batch))};
}

template <NormShape S>
inline constexpr Extent kNormed{S.channels, S.height, S.width};

template <NormShape S, class T>
std::vector<T> measured(const T* x) {
  std::vector<T> result(std::size_t(S.channels) * cpu::kMeasured);
  cpu::norm_measure<S>(x, result.data());
  return result;
}

/// running [mean C][variance C]: nullptr where statistics are not over the batch.
template <NormShape S, class T>
void norm_statistics(Mode mode, const T* x, T* saved, T* running) {
  if constexpr (S.statistics == NormStatistics::batch) {
    std::vector<T> sums(std::size_t(blocks(S.batch)) * 2 * S.channels);
    const Blocks<T> share = parts(sums.data(), 2 * S.channels);
    each_block(S.batch, [&](int b) {
      cpu::norm_sums<S>(measured<S>(images(x, kNormed<S>)[b]).data(), share[b]);
    });
    cpu::norm_statistics<S>(mode, share, saved, running, running + S.channels);
  } else {
    each_block(S.batch, [&](int b) {
      cpu::norm_moments<S>(measured<S>(images(x, kNormed<S>)[b]).data(), saved_of<S>(saved)[b]);
    });
  }
}

template <NormShape S, class T>
void norm_forward(Mode mode, const T* x, const T* weight, const T* bias, T* saved, T* running,
                  T* y) {
  norm_statistics<S>(mode, x, saved, running);
  each_block(S.batch, [&](int b) {
    cpu::norm_forward<S>(images(x, kNormed<S>)[b], weight, bias, saved_of<S>(saved)[b],
                         images(y, kNormed<S>)[b]);
  });
}

/// dweight, dbias: nullptr for none.
template <NormShape S, class T>
void norm_backward(const T* x, const T* dy, const T* weight, const T* bias, T* saved, T* dx,
                   T* dweight, T* dbias) {
  constexpr bool kNone = S.affine == NormAffine::none;
  constexpr bool kBatch = S.statistics == NormStatistics::batch;
  constexpr std::size_t kSums = kNone ? std::size_t(kBatch ? S.channels : 0) : S.affine_elements();
  std::vector<T> shares(std::size_t(blocks(S.batch)) * 2 * kSums + 1), means(2 * S.channels);
  const Blocks<T> weights = parts(kSums > 0 ? shares.data() : nullptr, 2 * kSums);
  const Blocks<T> biases = parts(kSums > 0 ? shares.data() + kSums : nullptr, 2 * kSums);
  const auto in = images(x, kNormed<S>), out = images(dy, kNormed<S>);
  const auto to = images(dx, kNormed<S>);
  if constexpr (kBatch) {
    each_block(S.batch, [&](int b) {
      cpu::norm_backward_sums<S>(in[b], out[b], weight, bias, saved, weights[b], biases[b]);
    });
    cpu::norm_backward_means<S>(weights, biases, weight, means.data());
    each_block(S.batch, [&](int b) {
      cpu::norm_backward_input<S>(in[b], out[b], weight, bias, saved, means.data(), to[b]);
    });
  } else {
    each_block(S.batch, [&](int b) {
      cpu::norm_backward<S>(in[b], out[b], weight, bias, saved_of<S>(saved)[b], to[b], weights[b],
                            biases[b]);
    });
  }
  if (kNone) return;
  cpu::sum_blocks(weights, blocks(S.batch), kSums, dweight);
  cpu::sum_blocks(biases, blocks(S.batch), kSums, dbias);
}

template <ActShape S, class T>
void activation_forward(const T* x, T* y) {
  constexpr Extent kExtent{S.channels, S.height, S.width};
  each_block(S.batch, [&](int b) {
    cpu::activation_forward<S>(images(x, kExtent)[b], images(y, kExtent)[b]);
  });
}

template <ActShape S, class T>
void activation_backward(const T* x, const T* dy, T* dx) {
  constexpr Extent kExtent{S.channels, S.height, S.width};
  each_block(S.batch, [&](int b) {
    cpu::activation_backward<S>(images(x, kExtent)[b], images(dy, kExtent)[b],
                                images(dx, kExtent)[b]);
  });
}

template <DropoutShape S, class T>
void dropout_forward(Mode mode, std::uint64_t seed, std::uint32_t epoch,
                     const std::uint32_t* samples, const T* x, T* y) {
  constexpr Extent kExtent{S.channels, S.height, S.width};
  each_block(S.batch, [&](int b) {
    cpu::dropout_forward<S>(mode, seed, epoch, samples + b * kLanes, images(x, kExtent)[b],
                            images(y, kExtent)[b]);
  });
}

template <DropoutShape S, class T>
void dropout_backward(std::uint64_t seed, std::uint32_t epoch, const std::uint32_t* samples,
                      const T* dy, T* dx) {
  dropout_forward<S>(Mode::train, seed, epoch, samples, dy, dx);
}

template <MapShape S, class T>
void add(const T* a, const T* b, T* y) {
  constexpr Extent kExtent{S.channels, S.height, S.width};
  each_block(S.batch, [&](int block) {
    cpu::add<S>(images(a, kExtent)[block], images(b, kExtent)[block], images(y, kExtent)[block]);
  });
}

template <PoolShape P>
inline constexpr Extent kUnpooled{P.channels, P.in_height, P.in_width};

template <PoolShape P, class T>
void pool_forward(const T* x, T* y) {
  each_block(P.batch, [&](int b) {
    cpu::pool_forward<P>(images(x, kUnpooled<P>)[b], images(y, kPooled<P>)[b]);
  });
}

template <PoolShape P, class T>
void pool_backward(const T* x, const T* dy, T* dx) {
  each_block(P.batch, [&](int b) {
    cpu::pool_backward<P>(images(x, kUnpooled<P>)[b], images(dy, kPooled<P>)[b],
                          images(dx, kUnpooled<P>)[b]);
  });
}

template <MapShape S, class T>
void global_pool_forward(const T* x, T* y) {
  each_block(S.batch, [&](int b) {
    cpu::global_pool_forward<S>(images(x, {S.channels, S.height, S.width})[b],
                                images(y, {S.channels, 1, 1})[b]);
  });
}

template <MapShape S, class T>
void global_pool_backward(const T* dy, T* dx) {
  each_block(S.batch, [&](int b) {
    cpu::global_pool_backward<S>(images(dy, {S.channels, 1, 1})[b],
                                 images(dx, {S.channels, S.height, S.width})[b]);
  });
}

template <LinearShape S, class T>
void linear_forward(const T* x, const T* weight, const T* bias, T* y) {
  each_block(S.batch, [&](int b) {
    cpu::linear_forward<S>(images(x, {S.in_features, 1, 1})[b], weight, bias,
                           images(y, {S.out_features, 1, 1})[b]);
  });
}

template <LinearShape S, class T>
void linear_backward_data(const T* dy, const T* weight, T* dx) {
  each_block(S.batch, [&](int b) {
    cpu::linear_backward_data<S>(images(dy, {S.out_features, 1, 1})[b], weight,
                                 images(dx, {S.in_features, 1, 1})[b]);
  });
}

template <LinearShape S, class T>
void linear_backward_weight(const T* x, const T* dy, T* dweight, T* dbias) {
  summed(S.batch, S.weights(), std::size_t(S.bias ? S.out_features : 0), dweight, dbias,
         [&](int b, T* weights, T* biases, Workspace<T, 0>) {
           cpu::linear_backward_weight<S>(images(x, {S.in_features, 1, 1})[b],
                                          images(dy, {S.out_features, 1, 1})[b], weights, biases);
         });
}

template <LossShape S, class T>
void cross_entropy_forward(const T* logits, const T* targets, T* probabilities, T* losses) {
  constexpr std::size_t kRows = std::size_t(kLanes) * S.classes;
  each_block(S.batch, [&](int b) {
    cpu::cross_entropy_forward<S>(parts(logits, kRows)[b], parts(targets, kRows)[b],
                                  parts(probabilities, kRows)[b], losses + b * kLanes);
  });
}

template <LossShape S, class T>
void cross_entropy_backward(const T* probabilities, const T* targets, T* dlogits) {
  constexpr std::size_t kRows = std::size_t(kLanes) * S.classes;
  each_block(S.batch, [&](int b) {
    cpu::cross_entropy_backward<S>(parts(probabilities, kRows)[b], parts(targets, kRows)[b],
                                   parts(dlogits, kRows)[b]);
  });
}

}  // namespace castnet::batch
