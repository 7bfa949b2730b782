// Speed of the CPU kernels on the layers of a small CIFAR-10 network, batch 128. GFLOP/s count two
// operations a multiply-add of the whole filter, padding included, also where Winograd's algorithm
// does fewer.
#include <benchmark/benchmark.h>
#include <omp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "kernels/cpu/conv.hpp"
#include "kernels/cpu/conv_pool.hpp"
#include "kernels/cpu/norm.hpp"

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

template <ConvShape S>
struct ConvData {
  Buffer x{std::size_t(S.batch * S.in_channels * S.in_height * S.in_width)};
  Buffer y{std::size_t(S.batch * S.out_channels * S.out_height() * S.out_width())};
  Buffer weight{S.weights()};
  Buffer dweight{S.weights()};
  Buffer scratch{S.filter_scratch()};
};

template <ConvShape S>
void count(benchmark::State& state) {
  const double flops = 2.0 * double(S.weights()) * S.batch * S.out_height() * S.out_width();
  state.counters["GFLOP/s"] =
      benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

template <ConvShape S>
void forward(benchmark::State& state) {
  omp_set_num_threads(int(state.range(0)));
  const ConvData<S> d;
  for (auto _ : state) {
    conv_forward<S, float>(d.x.get(), d.weight.get(), nullptr, d.y.get());
  }
  count<S>(state);
}

template <ConvShape S>
void forward_direct(benchmark::State& state) {
  omp_set_num_threads(int(state.range(0)));
  const ConvData<S> d;
  for (auto _ : state) {
    direct_forward<S, float>(d.x.get(), d.weight.get(), nullptr, d.y.get());
  }
  count<S>(state);
}

template <ConvShape S>
void backward_data(benchmark::State& state) {
  omp_set_num_threads(int(state.range(0)));
  const ConvData<S> d;
  for (auto _ : state) {
    conv_backward_data<S>(d.y.get(), d.weight.get(), d.scratch.get(), d.x.get());
  }
  count<S>(state);
}

template <ConvShape S>
void backward_filter(benchmark::State& state) {
  omp_set_num_threads(int(state.range(0)));
  const ConvData<S> d;
  for (auto _ : state) {
    conv_backward_filter<S, float>(d.x.get(), d.y.get(), d.scratch.get(), d.dweight.get(), nullptr);
  }
  count<S>(state);
}

/// A 1x1 convolution and the 2x2 max pooling behind it, one by one or in one operation.
template <ConvShape S>
struct PoolData : ConvData<S> {
  static constexpr PoolShape kPool{S.batch, S.out_channels, S.in_height, S.in_width, 2, 2};
  Buffer pooled{std::size_t(S.batch * S.out_channels * kPool.out_height() * kPool.out_width())};
  Buffer dx{std::size_t(S.batch * S.in_channels * S.in_height * S.in_width)};
  Buffer dy{std::size_t(S.batch * S.out_channels * S.in_height * S.in_width)};
  std::vector<std::uint8_t> places = std::vector<std::uint8_t>(
      std::size_t(S.batch * S.out_channels * kPool.out_height() * kPool.out_width()));
};

float* const kNoBias = nullptr;

template <ConvShape S, bool Fused>
void conv_pool_forward(benchmark::State& state) {
  omp_set_num_threads(int(state.range(0)));
  PoolData<S> d;
  for (auto _ : state) {
    if constexpr (Fused) {
      cpu::conv_pool_forward<S, PoolData<S>::kPool>(Mode::train, d.x.get(), d.weight.get(), kNoBias,
                                                    d.places.data(), d.pooled.get());
    } else {
      conv_forward<S, float>(d.x.get(), d.weight.get(), nullptr, d.y.get());
      pool_forward<PoolData<S>::kPool>(d.y.get(), d.pooled.get());
    }
  }
  count<S>(state);
}

template <ConvShape S, bool Fused>
void conv_pool_backward(benchmark::State& state) {
  omp_set_num_threads(int(state.range(0)));
  PoolData<S> d;
  for (auto _ : state) {
    if constexpr (Fused) {
      conv_pool_backward_filter<S, PoolData<S>::kPool>(d.x.get(), d.pooled.get(), d.places.data(),
                                                       d.scratch.get(), d.dweight.get(), kNoBias);
      conv_pool_backward_data<S, PoolData<S>::kPool>(d.pooled.get(), d.places.data(),
                                                     d.weight.get(), d.scratch.get(), d.dx.get());
    } else {
      pool_backward<PoolData<S>::kPool>(d.y.get(), d.pooled.get(), d.dy.get());
      conv_backward_filter<S, float>(d.x.get(), d.dy.get(), d.scratch.get(), d.dweight.get(),
                                     nullptr);
      conv_backward_data<S>(d.dy.get(), d.weight.get(), d.scratch.get(), d.dx.get());
    }
  }
  count<S>(state);
}

/// Batch norm with ReLU; GB/s count each activation read or written once.
template <NormShape S>
struct NormData {
  static constexpr std::size_t kElements = std::size_t(S.batch * S.channels * S.height * S.width);
  Buffer x{kElements}, y{kElements}, dx{kElements};
  Buffer affine{4 * std::size_t(S.channels)}, running{2 * std::size_t(S.channels)};
  Buffer saved{S.saved()}, scratch{S.scratch()};
};

template <NormShape S>
void norm_forward(benchmark::State& state) {
  omp_set_num_threads(int(state.range(0)));
  const NormData<S> d;
  for (auto _ : state) {
    cpu::norm_forward<S, float>(Mode::train, d.x.get(), d.affine.get(), d.affine.get() + S.channels,
                                d.saved.get(), d.running.get(), d.scratch.get(), d.y.get());
  }
  state.SetBytesProcessed(state.iterations() * std::int64_t(d.kElements * 2 * sizeof(float)));
}

template <NormShape S>
void norm_backward(benchmark::State& state) {
  omp_set_num_threads(int(state.range(0)));
  const NormData<S> d;
  float* affine = d.affine.get();
  for (auto _ : state) {
    cpu::norm_backward<S, float>(d.x.get(), d.y.get(), affine, affine + S.channels, d.saved.get(),
                                 d.scratch.get(), d.dx.get(), affine + 2 * S.channels,
                                 affine + 3 * S.channels);
  }
  state.SetBytesProcessed(state.iterations() * std::int64_t(d.kElements * 3 * sizeof(float)));
}

constexpr NormShape norm(NormStatistics statistics, int channels, int size) {
  return {128, channels, size, size, statistics, 1, NormAffine::channel, 1e-5, 0.1, Act::relu};
}

constexpr ConvShape conv3(int in, int out, int size) {
  return {128, in, size, size, out, 3, 1, 1, 1, 1, false};
}
constexpr ConvShape conv1(int in, int out, int size) {
  return {128, in, size, size, out, 1, 1, 0, 1, 1, false};
}

#define CASTNET_BENCH(shape)                                                \
  BENCHMARK_TEMPLATE(forward, shape)->Arg(1)->Arg(2)->UseRealTime();        \
  BENCHMARK_TEMPLATE(forward_direct, shape)->Arg(1)->Arg(2)->UseRealTime(); \
  BENCHMARK_TEMPLATE(backward_data, shape)->Arg(1)->Arg(2)->UseRealTime();  \
  BENCHMARK_TEMPLATE(backward_filter, shape)->Arg(1)->Arg(2)->UseRealTime()

CASTNET_BENCH(conv3(3, 16, 32));
CASTNET_BENCH(conv3(16, 32, 32));
CASTNET_BENCH(conv1(32, 16, 32));
CASTNET_BENCH(conv3(16, 24, 16));
CASTNET_BENCH(conv3(24, 32, 16));
CASTNET_BENCH(conv3(32, 32, 16));
CASTNET_BENCH(conv1(32, 20, 16));
CASTNET_BENCH(conv3(20, 32, 8));
CASTNET_BENCH(conv3(32, 32, 8));
CASTNET_BENCH(conv3(32, 28, 8));

#define CASTNET_BENCH_POOL(shape)                                                      \
  BENCHMARK_TEMPLATE(conv_pool_forward, shape, false)->Arg(1)->Arg(2)->UseRealTime();  \
  BENCHMARK_TEMPLATE(conv_pool_forward, shape, true)->Arg(1)->Arg(2)->UseRealTime();   \
  BENCHMARK_TEMPLATE(conv_pool_backward, shape, false)->Arg(1)->Arg(2)->UseRealTime(); \
  BENCHMARK_TEMPLATE(conv_pool_backward, shape, true)->Arg(1)->Arg(2)->UseRealTime()

CASTNET_BENCH_POOL(conv1(32, 16, 32));
CASTNET_BENCH_POOL(conv1(32, 20, 16));

#define CASTNET_BENCH_NORM(shape)                                         \
  BENCHMARK_TEMPLATE(norm_forward, shape)->Arg(1)->Arg(2)->UseRealTime(); \
  BENCHMARK_TEMPLATE(norm_backward, shape)->Arg(1)->Arg(2)->UseRealTime()

CASTNET_BENCH_NORM(norm(NormStatistics::batch, 32, 32));
CASTNET_BENCH_NORM(norm(NormStatistics::batch, 32, 16));
CASTNET_BENCH_NORM(norm(NormStatistics::batch, 32, 8));
CASTNET_BENCH_NORM(norm(NormStatistics::group, 32, 32));

}  // namespace

BENCHMARK_MAIN();
