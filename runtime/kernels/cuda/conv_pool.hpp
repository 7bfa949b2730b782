// A 1x1 convolution and the max pooling behind it without the convolution's output in memory. Plain
// sums of products: for few channels, where reading and writing takes the time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/program.hpp"
#include "kernels/cuda/bias.hpp"
#include "kernels/cuda/channels.hpp"
#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/normalised.hpp"
#include "kernels/cuda/reduce.hpp"

namespace castnet::cuda {

namespace detail {

/// S's convolution over windows in place of pixels: what dy has the shape of.
template <class S, class P>
struct Pooled {
  static constexpr ConvShape value{.batch = S::value.batch,
                                   .in_channels = S::value.in_channels,
                                   .in_height = P::value.out_height(),
                                   .in_width = P::value.out_width(),
                                   .out_channels = S::value.out_channels,
                                   .kernel = 1,
                                   .bias = S::value.bias};
};

/// `Channels` in tiles of at most `Most`, all of one size but the last.
template <int Channels, int Most>
struct Tiles {
  static constexpr int kCount = (Channels + Most - 1) / Most;
  static constexpr int kSize = (Channels + kCount - 1) / kCount;
  /// Channel i of a tile; beyond the last channel, the last.
  CASTNET_HOST_DEVICE static constexpr int channel(int tile, int i) {
    const int channel = tile * kSize + i;
    return Channels % kSize == 0 ? channel : std::min(channel, Channels - 1);
  }
  CASTNET_HOST_DEVICE static constexpr bool holds(int tile, int i) {
    return tile * kSize + i < Channels;
  }
};

template <class S, class P>
struct ConvPool {
  static constexpr ConvShape kConv = S::value;
  static constexpr PoolShape kPool = P::value;
  static constexpr int kInputs = kConv.in_channels, kOutputs = kConv.out_channels;
  static constexpr unsigned kWidth = kConv.in_width, kPixels = kConv.in_height * kConv.in_width;
  static constexpr unsigned kOutWidth = kPool.out_width();
  static constexpr unsigned kWindows = kPool.out_height() * kPool.out_width();
  static constexpr int kTaps = kPool.kernel * kPool.kernel;

  /// The window of a pixel and the pixel's number in it; left-over pixels have none.
  struct Place {
    bool any;
    unsigned window;
    int tap;
  };
  CASTNET_HOST_DEVICE static constexpr Place place(unsigned pixel) {
    constexpr auto kKernel = unsigned(kPool.kernel);
    const unsigned row = pixel / kWidth, column = pixel % kWidth;
    const bool any = row < unsigned(kPool.out_height()) * kKernel && column < kOutWidth * kKernel;
    return {any, row / kKernel * kOutWidth + column / kKernel,
            int(row % kKernel * kKernel + column % kKernel)};
  }
};

/// The largest of N values, rounded to T, and the number of the first such: as pooling what T
/// holds.
template <class T, int N>
__device__ T maximum(const float (&values)[N], int& place) {
  float best = -std::numeric_limits<float>::infinity();
  place = 0;
  CASTNET_UNROLL
  for (int i = 0; i < N; ++i) {
    const auto value = float(T(values[i]));
    if (value > best || value != value) {  // NaN wins, as in PyTorch
      best = value;
      place = i;
    }
  }
  return T(best);
}

}  // namespace detail

/// A thread: some output channels of a window.
template <class S, class P, class X, class T>
__global__ void conv_pool_forward_kernel(X x, const float* weight, const float* bias,
                                         std::uint8_t* places, T* y) {
  using C = detail::ConvPool<S, P>;
  using Out = detail::Tiles<C::kOutputs, std::max(32 / C::kTaps, 1)>;
  constexpr auto kTiles = unsigned(Out::kCount);
  each_element<std::size_t(C::kConv.batch) * kTiles * C::kWindows>([=](auto i) {
    const auto window = unsigned(i % C::kWindows);
    const auto tile = int(i / C::kWindows % kTiles);
    const auto image = std::size_t(i / C::kWindows / kTiles);
    float sums[Out::kSize][C::kTaps];
    for (int o = 0; o < Out::kSize; ++o) {
      const float start = C::kConv.bias ? bias[Out::channel(tile, o)] : 0;
      for (int tap = 0; tap < C::kTaps; ++tap) sums[o][tap] = start;
    }
    constexpr auto kKernel = unsigned(C::kPool.kernel);
    std::size_t from = image * C::kInputs * C::kPixels +
                       window / C::kOutWidth * kKernel * C::kWidth +
                       window % C::kOutWidth * kKernel;
    for (int c = 0; c < C::kInputs; ++c) {
      float pixel[C::kTaps];
      CASTNET_UNROLL
      for (unsigned tap = 0; tap < unsigned(C::kTaps); ++tap) {
        pixel[tap] = detail::read(x, from + tap / kKernel * C::kWidth + tap % kKernel, image, c);
      }
      CASTNET_UNROLL
      for (int o = 0; o < Out::kSize; ++o) {
        const float factor = weight[Out::channel(tile, o) * C::kInputs + c];
        CASTNET_UNROLL
        for (int tap = 0; tap < C::kTaps; ++tap) sums[o][tap] += factor * pixel[tap];
      }
      from += C::kPixels;
    }
    CASTNET_UNROLL
    for (int o = 0; o < Out::kSize; ++o) {
      if (!Out::holds(tile, o)) continue;
      const std::size_t to =
          (image * C::kOutputs + std::size_t(Out::channel(tile, o))) * C::kWindows + window;
      int place;
      y[to] = detail::maximum<T>(sums[o], place);
      if (places != nullptr) places[to] = std::uint8_t(place);
    }
  });
}

/// A thread: some input channels of a pixel.
template <class S, class P, class T>
__global__ void conv_pool_data_kernel(const T* dy, const std::uint8_t* places, const float* weight,
                                      T* dx) {
  using C = detail::ConvPool<S, P>;
  using In = detail::Tiles<C::kInputs, 32>;
  constexpr auto kTiles = unsigned(In::kCount);
  each_element<std::size_t(C::kConv.batch) * kTiles * C::kPixels>([=](auto i) {
    const auto pixel = unsigned(i % C::kPixels);
    const auto tile = int(i / C::kPixels % kTiles);
    const auto image = std::size_t(i / C::kPixels / kTiles);
    const auto place = C::place(pixel);
    float sums[In::kSize] = {};
    if (place.any) {
      std::size_t from = image * C::kOutputs * C::kWindows + place.window;
      for (int o = 0; o < C::kOutputs; ++o) {
        const float gradient = places[from] == place.tap ? float(dy[from]) : 0;
        CASTNET_UNROLL
        for (int c = 0; c < In::kSize; ++c) {
          sums[c] += weight[o * C::kInputs + In::channel(tile, c)] * gradient;
        }
        from += C::kWindows;
      }
    }
    CASTNET_UNROLL
    for (int c = 0; c < In::kSize; ++c) {
      if (!In::holds(tile, c)) continue;
      dx[(image * C::kInputs + std::size_t(In::channel(tile, c))) * C::kPixels + pixel] =
          T(sums[c]);
    }
  });
}

/// One block: the sums over kLanes images of some weights, into scratch [batch / kLanes][weights].
template <class S, class P, class X, class T>
__global__ void __launch_bounds__(kReduceThreads)
    conv_pool_filter_kernel(X x, const T* dy, const std::uint8_t* places, float* scratch) {
  using C = detail::ConvPool<S, P>;
  using Out = detail::Tiles<C::kOutputs, 8>;
  using In = detail::Tiles<C::kInputs, 8>;
  constexpr unsigned kItems = unsigned(kLanes) * C::kPixels;
  constexpr int kBlock = reduce_threads(kItems);
  const int out = int(blockIdx.x) / In::kCount, in = int(blockIdx.x) % In::kCount;
  float sums[Out::kSize * In::kSize] = {};
  for (unsigned i = threadIdx.x; i < kItems; i += kBlock) {
    const std::size_t image = blockIdx.y * std::size_t(kLanes) + i / C::kPixels;
    const unsigned pixel = i % C::kPixels;
    const auto place = C::place(pixel);
    if (!place.any) continue;
    float input[In::kSize];
    CASTNET_UNROLL
    for (int c = 0; c < In::kSize; ++c) {
      const int channel = In::channel(in, c);
      const std::size_t at = (image * C::kInputs + std::size_t(channel)) * C::kPixels + pixel;
      input[c] = detail::read(x, at, image, channel);
    }
    CASTNET_UNROLL
    for (int o = 0; o < Out::kSize; ++o) {
      const std::size_t from =
          (image * C::kOutputs + std::size_t(Out::channel(out, o))) * C::kWindows + place.window;
      const float gradient = places[from] == place.tap ? float(dy[from]) : 0;
      CASTNET_UNROLL
      for (int c = 0; c < In::kSize; ++c) sums[o * In::kSize + c] += gradient * input[c];
    }
  }
  block_sum<kBlock>(sums);
  if (threadIdx.x != 0) return;
  CASTNET_UNROLL
  for (int o = 0; o < Out::kSize; ++o) {
    CASTNET_UNROLL
    for (int c = 0; c < In::kSize; ++c) {
      if (!Out::holds(out, o) || !In::holds(in, c)) continue;
      scratch[blockIdx.y * C::kConv.weights() +
              std::size_t(Out::channel(out, o) * C::kInputs + In::channel(in, c))] =
          sums[o * In::kSize + c];
    }
  }
}

template <class S>
__global__ void conv_pool_merge_kernel(const float* scratch, float* d_weight) {
  constexpr std::size_t kWeights = S::value.weights();
  each_element<kWeights>([=](auto i) {
    d_weight[i] = sum_parts(scratch + i, kWeights, image_blocks(S::value.batch));
  });
}

/// The convolution S, 1x1, of x [N, Cin, H, W], a tensor or Normalised, then the max pooling P of
/// that: y [N, Cout, Ho, Wo]. In training `places` [N, Cout, Ho, Wo] gets the number of the maximum
/// in its window, in row-major order, for backward.
template <class S, class P, class X, class T>
void conv_pool_forward(cudaStream_t stream, Mode mode, X x, const float* weight, const float* bias,
                       std::uint8_t* places, T* y) {
  using C = detail::ConvPool<S, P>;
  using Out = detail::Tiles<C::kOutputs, std::max(32 / C::kTaps, 1)>;
  constexpr std::size_t kItems =
      std::size_t(C::kConv.batch) * std::size_t(Out::kCount) * C::kWindows;
  launch<conv_pool_forward_kernel<S, P, X, T>>(stream, grid_for(kItems), kThreads, x, weight, bias,
                                               mode == Mode::train ? places : nullptr, y);
}

/// dx [N, Cin, H, W] from dy [N, Cout, Ho, Wo]: what pool_backward<P> and the convolution's
/// backward give.
template <class S, class P, class T>
void conv_pool_backward_data(cudaStream_t stream, const T* dy, const std::uint8_t* places,
                             const float* weight, T* dx) {
  using C = detail::ConvPool<S, P>;
  using In = detail::Tiles<C::kInputs, 32>;
  constexpr std::size_t kItems = std::size_t(C::kConv.batch) * std::size_t(In::kCount) * C::kPixels;
  launch<conv_pool_data_kernel<S, P, T>>(stream, grid_for(kItems), kThreads, dy, places, weight,
                                         dx);
}

/// d_weight and d_bias [Cout] (nullptr for none); scratch [S.filter_scratch()].
template <class S, class P, class X, class T>
void conv_pool_backward_weight(cudaStream_t stream, X x, const T* dy, const std::uint8_t* places,
                               float* scratch, float* d_weight, float* d_bias) {
  using C = detail::ConvPool<S, P>;
  using Out = detail::Tiles<C::kOutputs, 8>;
  using In = detail::Tiles<C::kInputs, 8>;
  constexpr dim3 kGrid(unsigned(Out::kCount * In::kCount), unsigned(image_blocks(C::kConv.batch)));
  constexpr int kBlock = reduce_threads(std::size_t(kLanes) * C::kPixels);
  launch<conv_pool_filter_kernel<S, P, X, T>>(stream, kGrid, kBlock, x, dy, places, scratch);
  launch<conv_pool_merge_kernel<S>>(stream, grid_for(C::kConv.weights()), kThreads, scratch,
                                    d_weight);
  // Each dy goes to one pixel.
  if constexpr (C::kConv.bias) bias_gradient<detail::Pooled<S, P>>(stream, dy, scratch, d_bias);
}

}  // namespace castnet::cuda
