// Speed of the CPU kernels on the layers of a small CIFAR-10 network: one thread, the blocks of a
// batch of 128 one after the other. GFLOP/s count two operations a multiply-add of the whole
// filter, padding included, also where Winograd's algorithm does fewer.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

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

namespace {

using namespace castnet;
using namespace castnet::cpu;

/// Floats aligned as arenas are.
struct AlignedFree {
  void operator()(float* p) const { ::operator delete[](p, std::align_val_t{64}); }
};

class Buffer {
 public:
  explicit Buffer(std::size_t n)
      : data_(static_cast<float*>(::operator new[](n * sizeof(float), std::align_val_t{64}))) {
    for (std::size_t i = 0; i < n; ++i) data_.get()[i] = float(i % 251) * 0x1p-7F - 1.0F;
  }
  float* get() const { return data_.get(); }

 private:
  std::unique_ptr<float, AlignedFree> data_;
};

/// Calls run(block) for the blocks of a batch.
template <class Run>
void each_block(int batch, const Run& run) {
  for (int block = 0; block < blocks(batch); ++block) run(block);
}

/// A tensor of each image of a batch.
class Images {
 public:
  Images(int batch, Extent extent)
      : stride_(extent.block()), all_(std::size_t(blocks(batch)) * extent.block()) {}
  float* operator[](int block) const { return all_.get() + std::size_t(block) * stride_; }

 private:
  std::size_t stride_;
  Buffer all_;
};

template <ConvShape S>
struct ConvData {
  Images x{S.batch, {S.in_channels, S.in_height, S.in_width}};
  Images y{S.batch, {S.out_channels, S.out_height(), S.out_width()}};
  Buffer weight{S.weights()};
  Buffer dweight{S.weights()};
  Buffer packed{packed_elements(S)};
  Buffer packed_data{packed_data_elements(S)};
};

/// A thread's, for any of these kernels.
Workspace<float, 1 << 20> workspace() {
  static const Workspaces<float, 1 << 20, 1> memory;
  return memory[0];
}

template <ConvShape S>
void count(benchmark::State& state) {
  const double flops = 2.0 * double(S.weights()) * S.batch * S.out_height() * S.out_width();
  state.counters["GFLOP/s"] =
      benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

float* const kNoBias = nullptr;

template <ConvShape S>
void pack(benchmark::State& state) {
  const ConvData<S> d;
  for (auto _ : state) {
    conv_pack<S, float>(d.weight.get(), d.packed.get());
    conv_pack_data<S, float>(d.weight.get(), d.packed_data.get());
  }
}

template <ConvShape S>
void forward(benchmark::State& state) {
  const ConvData<S> d;
  for (auto _ : state) {
    each_block(S.batch, [&](int b) {
      conv_forward<S>(d.x[b], d.packed.get(), kNoBias, d.y[b], workspace());
    });
  }
  count<S>(state);
}

template <ConvShape S>
void backward_data(benchmark::State& state) {
  const ConvData<S> d;
  for (auto _ : state) {
    each_block(S.batch, [&](int b) {
      conv_backward_data<S>(d.y[b], d.packed_data.get(), d.x[b], workspace());
    });
  }
  count<S>(state);
}

template <ConvShape S>
void backward_weight(benchmark::State& state) {
  const ConvData<S> d;
  for (auto _ : state) {
    each_block(S.batch, [&](int b) {
      conv_backward_weight<S>(d.x[b], d.y[b], d.dweight.get(), kNoBias, workspace());
    });
  }
  count<S>(state);
}

/// A 1x1 convolution and the 2x2 max pooling behind it.
template <ConvShape S>
struct PoolData : ConvData<S> {
  static constexpr PoolShape kPool{S.batch, S.out_channels, S.in_height, S.in_width, 2, 2};
  static constexpr Extent kPooled{S.out_channels, kPool.out_height(), kPool.out_width()};
  Images pooled{S.batch, kPooled};
  Images dx{S.batch, {S.in_channels, S.in_height, S.in_width}};
  std::vector<std::uint8_t> places = std::vector<std::uint8_t>(kPooled.block());
};

template <ConvShape S>
void pooled_forward(benchmark::State& state) {
  PoolData<S> d;
  for (auto _ : state) {
    each_block(S.batch, [&](int b) {
      conv_pool_forward<S, PoolData<S>::kPool>(d.x[b], d.packed.get(), kNoBias, d.places.data(),
                                               d.pooled[b], workspace());
    });
  }
  count<S>(state);
}

template <ConvShape S>
void pooled_backward_weight(benchmark::State& state) {
  PoolData<S> d;
  for (auto _ : state) {
    each_block(S.batch, [&](int b) {
      conv_pool_backward_weight<S, PoolData<S>::kPool>(d.x[b], d.pooled[b], d.places.data(),
                                                       d.dweight.get(), kNoBias, workspace());
    });
  }
  count<S>(state);
}

template <ConvShape S>
void pooled_backward_data(benchmark::State& state) {
  PoolData<S> d;
  for (auto _ : state) {
    each_block(S.batch, [&](int b) {
      conv_pool_backward_data<S, PoolData<S>::kPool>(d.pooled[b], d.places.data(),
                                                     d.packed_data.get(), d.dx[b], workspace());
    });
  }
  count<S>(state);
}

/// A norm with ReLU; GB/s count each activation read or written once.
template <NormShape S>
struct NormData {
  static constexpr Extent kExtent{S.channels, S.height, S.width};
  Images x{S.batch, kExtent}, y{S.batch, kExtent}, dx{S.batch, kExtent};
  Buffer affine{4 * std::size_t(S.channels)}, saved{S.saved()}, means{2 * std::size_t(S.channels)};
  Buffer measured{std::size_t(S.channels) * kMeasured};

  void count(benchmark::State& state, int tensors) const {
    state.SetBytesProcessed(state.iterations() *
                            std::int64_t(kExtent.block() * std::size_t(blocks(S.batch)) *
                                         std::size_t(tensors) * sizeof(float)));
  }
};

template <NormShape S>
void norm_forward(benchmark::State& state) {
  const NormData<S> d;
  const float* const affine = d.affine.get();
  for (auto _ : state) {
    each_block(S.batch, [&](int b) {
      cpu::norm_forward<S, float>(d.x[b], affine, affine + S.channels, d.saved.get(), d.y[b]);
    });
  }
  d.count(state, 2);
}

template <NormShape S>
void norm_statistics(benchmark::State& state) {
  const NormData<S> d;
  for (auto _ : state) {
    each_block(S.batch, [&](int b) {
      norm_measure<S, float>(d.x[b], d.measured.get());
      if constexpr (S.statistics == NormStatistics::batch) {
        norm_sums<S, float>(d.measured.get(), d.means.get());
      } else {
        norm_moments<S, float>(d.measured.get(), d.saved.get());
      }
    });
  }
  d.count(state, 1);
}

template <NormShape S>
void norm_backward(benchmark::State& state) {
  const NormData<S> d;
  float* affine = d.affine.get();
  for (auto _ : state) {
    each_block(S.batch, [&](int b) {
      const float *weight = affine, *bias = affine + S.channels;
      float *dweight = affine + 2 * S.channels, *dbias = affine + 3 * S.channels;
      if constexpr (S.statistics == NormStatistics::batch) {
        norm_backward_sums<S, float>(d.x[b], d.y[b], weight, bias, d.saved.get(), dweight, dbias);
        norm_backward_input<S, float>(d.x[b], d.y[b], weight, bias, d.saved.get(), d.means.get(),
                                      d.dx[b]);
      } else {
        cpu::norm_backward<S, float>(d.x[b], d.y[b], weight, bias, d.saved.get(), d.dx[b], dweight,
                                     dbias);
      }
    });
  }
  d.count(state, 3);
}

constexpr NormShape norm(NormStatistics statistics, int channels, int size) {
  return {128, channels, size, size, statistics, 1, NormAffine::channel, 1e-5, 0.1, Act::relu};
}

/// Kernels that do little but read and write: x, y, dy and dx of a batch, and what is by channel.
template <class Shape>
struct MapData {
  explicit MapData(const Shape& s)
      : extent{s.channels, s.height, s.width}, batch(s.batch), channels(std::size_t(s.channels)) {}

  /// Runs the kernel for all blocks; GB/s count each of the activations read or written once.
  template <class Run>
  void measure(benchmark::State& state, int tensors, const Run& run) const {
    for (auto _ : state) each_block(batch, run);
    state.SetBytesProcessed(
        state.iterations() *
        std::int64_t(extent.block() * std::size_t(blocks(batch)) * std::size_t(tensors) * 4));
  }

  Extent extent;
  int batch;
  std::size_t channels;
  Images x{batch, extent}, y{batch, extent}, dx{batch, extent};
  Images scale{batch, {extent.channels, 1, 1}}, dscale{batch, {extent.channels, 1, 1}};
  Images saved{batch, {2, extent.height, extent.width}};
  Buffer weight{channels}, bias{channels}, dweight{channels}, dbias{channels};
};

template <MapShape S>
void add(benchmark::State& state) {
  const MapData d(S);
  d.measure(state, 3, [&](int b) { cpu::add<S, float>(d.x[b], d.y[b], d.dx[b]); });
}

template <ActShape S>
void activation_forward(benchmark::State& state) {
  const MapData d(S);
  d.measure(state, 2, [&](int b) { cpu::activation_forward<S, float>(d.x[b], d.y[b]); });
}

template <ActShape S>
void activation_backward(benchmark::State& state) {
  const MapData d(S);
  d.measure(state, 3, [&](int b) { cpu::activation_backward<S, float>(d.x[b], d.y[b], d.dx[b]); });
}

template <MapShape S>
void scale_forward(benchmark::State& state) {
  const MapData d(S);
  d.measure(state, 2, [&](int b) { cpu::scale_forward<S, float>(d.x[b], d.scale[b], d.y[b]); });
}

template <MapShape S>
void scale_backward(benchmark::State& state) {
  const MapData d(S);
  d.measure(state, 3, [&](int b) {
    cpu::scale_backward<S, float>(d.x[b], d.scale[b], d.y[b], d.dx[b], d.dscale[b]);
  });
}

template <PReluShape S>
void prelu_forward(benchmark::State& state) {
  const MapData d(S);
  d.measure(state, 2, [&](int b) { cpu::prelu_forward<S, float>(d.x[b], d.weight.get(), d.y[b]); });
}

template <PReluShape S>
void prelu_backward(benchmark::State& state) {
  const MapData d(S);
  d.measure(state, 3, [&](int b) {
    cpu::prelu_backward<S, float>(d.x[b], d.y[b], d.weight.get(), d.dx[b], d.dweight.get());
  });
}

template <ChannelNormShape S>
void channel_norm_forward(benchmark::State& state) {
  const MapData d(S);
  d.measure(state, 2, [&](int b) {
    cpu::channel_norm_forward<S, float>(d.x[b], d.weight.get(), d.bias.get(), d.saved[b], d.y[b]);
  });
}

template <ChannelNormShape S>
void channel_norm_backward(benchmark::State& state) {
  const MapData d(S);
  d.measure(state, 3, [&](int b) {
    cpu::channel_norm_backward<S, float>(d.x[b], d.y[b], d.weight.get(), d.saved[b], d.dx[b],
                                         d.dweight.get(), d.dbias.get());
  });
}

constexpr ConvShape conv3(int in, int out, int size) {
  return {128, in, size, size, out, 3, 1, 1, 1, 1, false};
}
constexpr ConvShape conv1(int in, int out, int size) {
  return {128, in, size, size, out, 1, 1, 0, 1, 1, false};
}

#define CASTNET_BENCH(shape)                \
  BENCHMARK_TEMPLATE(pack, shape);          \
  BENCHMARK_TEMPLATE(forward, shape);       \
  BENCHMARK_TEMPLATE(backward_data, shape); \
  BENCHMARK_TEMPLATE(backward_weight, shape)

CASTNET_BENCH(conv3(3, 16, 32));
CASTNET_BENCH(conv3(16, 32, 32));
CASTNET_BENCH(conv3(16, 24, 16));
CASTNET_BENCH(conv3(24, 32, 16));
CASTNET_BENCH(conv3(32, 32, 16));
CASTNET_BENCH(conv3(20, 32, 8));
CASTNET_BENCH(conv3(32, 32, 8));
CASTNET_BENCH(conv3(32, 28, 8));

#define CASTNET_BENCH_POOL(shape)                    \
  BENCHMARK_TEMPLATE(pooled_forward, shape);         \
  BENCHMARK_TEMPLATE(pooled_backward_weight, shape); \
  BENCHMARK_TEMPLATE(pooled_backward_data, shape)

CASTNET_BENCH_POOL(conv1(32, 16, 32));
CASTNET_BENCH_POOL(conv1(32, 20, 16));

#define CASTNET_BENCH_NORM(shape)             \
  BENCHMARK_TEMPLATE(norm_statistics, shape); \
  BENCHMARK_TEMPLATE(norm_forward, shape);    \
  BENCHMARK_TEMPLATE(norm_backward, shape)

CASTNET_BENCH_NORM(norm(NormStatistics::batch, 32, 32));
CASTNET_BENCH_NORM(norm(NormStatistics::batch, 32, 16));
CASTNET_BENCH_NORM(norm(NormStatistics::group, 32, 32));
CASTNET_BENCH_NORM(norm(NormStatistics::group, 64, 16));
CASTNET_BENCH_NORM(norm(NormStatistics::group, 128, 8));

// To compare with one another: kernels with the same tensors to read and write.
#define CASTNET_BENCH_MAP(channels, size)                                                     \
  BENCHMARK_TEMPLATE(add, MapShape{128, channels, size, size});                               \
  BENCHMARK_TEMPLATE(activation_forward, ActShape{128, channels, size, size, Act::relu});     \
  BENCHMARK_TEMPLATE(activation_backward, ActShape{128, channels, size, size, Act::relu});    \
  BENCHMARK_TEMPLATE(activation_forward, ActShape{128, channels, size, size, Act::silu});     \
  BENCHMARK_TEMPLATE(activation_backward, ActShape{128, channels, size, size, Act::silu});    \
  BENCHMARK_TEMPLATE(activation_forward, ActShape{128, channels, size, size, Act::sigmoid});  \
  BENCHMARK_TEMPLATE(activation_backward, ActShape{128, channels, size, size, Act::sigmoid}); \
  BENCHMARK_TEMPLATE(scale_forward, MapShape{128, channels, size, size});                     \
  BENCHMARK_TEMPLATE(scale_backward, MapShape{128, channels, size, size});                    \
  BENCHMARK_TEMPLATE(prelu_forward, PReluShape{128, channels, size, size, channels});         \
  BENCHMARK_TEMPLATE(prelu_backward, PReluShape{128, channels, size, size, channels});        \
  BENCHMARK_TEMPLATE(channel_norm_forward, ChannelNormShape{128, channels, size, size});      \
  BENCHMARK_TEMPLATE(channel_norm_backward, ChannelNormShape{128, channels, size, size})

CASTNET_BENCH_MAP(32, 32);
CASTNET_BENCH_MAP(64, 16);
CASTNET_BENCH_MAP(128, 8);

}  // namespace

BENCHMARK_MAIN();
