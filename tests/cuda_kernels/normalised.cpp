// A norm computed where a convolution with pooling reads it: as the norm stored, then read.
#include "kernels/cuda/conv_pool.hpp"
#include "kernels/cuda/norm.hpp"
#include "support.hpp"

// Named, for nvcc: kernels are instantiated for its shapes.
namespace castnet::test::normalised {

inline constexpr int kBatch = 32, kInputs = 6, kOutputs = 9, kHeight = 6, kWidth = 7;

struct Conv {
  static constexpr ConvShape value{.batch = kBatch,
                                   .in_channels = kInputs,
                                   .in_height = kHeight,
                                   .in_width = kWidth,
                                   .out_channels = kOutputs,
                                   .kernel = 1,
                                   .bias = true};
};

struct Pool {
  static constexpr PoolShape value{.batch = kBatch,
                                   .channels = kOutputs,
                                   .in_height = kHeight,
                                   .in_width = kWidth,
                                   .kernel = 2,
                                   .stride = 2};
};

template <NormStatistics Statistics, int Groups, NormAffine Affine, Act Activation>
struct NormOf {
  static constexpr NormShape value{.batch = kBatch,
                                   .channels = kInputs,
                                   .height = kHeight,
                                   .width = kWidth,
                                   .statistics = Statistics,
                                   .groups = Groups,
                                   .affine = Affine,
                                   .act = Activation,
                                   .slope = 0.2};
};

struct Case {
  std::vector<float> x, scale, shift, running, weight, bias, dy;
};

struct Result {
  std::vector<float> saved, running, y, d_weight, d_bias;
};

template <class T, class X>
void read(Mode mode, X input, const Case& c, Result& r) {
  Buffer<float> weight(c.weight), bias(c.bias), d_weight(c.weight.size()), d_bias(c.bias.size());
  Buffer<float> scratch(Conv::value.filter_scratch());
  Buffer<T> y(c.dy.size()), dy(c.dy);
  Buffer<std::uint8_t> places(c.dy.size());
  cuda::conv_pool_forward<Conv, Pool>(nullptr, mode, input, weight.data(), bias.data(),
                                      places.data(), y.data());
  r.y = y.values();
  if (mode == Mode::evaluate) return;
  cuda::conv_pool_backward_weight<Conv, Pool>(nullptr, input, dy.data(), places.data(),
                                              scratch.data(), d_weight.data(), d_bias.data());
  r.d_weight = d_weight.values();
  r.d_bias = d_bias.values();
}

template <class S, class T>
Result run(Mode mode, const Case& c, bool on_read) {
  Result r;
  Buffer<T> x(c.x), norm(c.x.size());
  Buffer<float> scale(c.scale), shift(c.shift), running(c.running), saved(S::value.saved());
  Buffer<float> scratch(S::value.scratch());
  float* const variance = running.data() + S::value.channels;
  if (on_read) {
    cuda::norm_statistics<S>(nullptr, mode, x.data(), saved.data(), running.data(), variance,
                             scratch.data());
    read<T>(mode, cuda::Normalised<S, T>{x.data(), scale.data(), shift.data(), saved.data()}, c, r);
  } else {
    cuda::norm_forward<S>(nullptr, mode, x.data(), scale.data(), shift.data(), saved.data(),
                          running.data(), variance, scratch.data(), norm.data());
    read<T>(mode, static_cast<const T*>(norm.data()), c, r);
  }
  r.saved = saved.values();
  r.running = running.values();
  return r;
}

/// In float the same bits; else y of the stored norm is rounded to T before it is read.
template <class S, class T = float>
void check(const char* name) {
  INFO(name);
  const auto random = [](auto count, std::uint64_t seed) {
    return random_values<float>(std::size_t(count), seed);
  };
  Case c{.x = rounded<T>(random(kBatch * kInputs * kHeight * kWidth, 1)),
         .scale = random(S::value.affine_elements(), 2),
         .shift = random(S::value.affine_elements(), 3),
         .running = random(2 * kInputs, 4),
         .weight = random(Conv::value.weights(), 5),
         .bias = random(kOutputs, 6),
         .dy = rounded<T>(random(kBatch * kOutputs * (kHeight / 2) * (kWidth / 2), 7))};
  for (float& value : c.running) value = std::abs(value) + 0.5F;
  for (const Mode mode : {Mode::train, Mode::evaluate}) {
    const Result expected = run<S, T>(mode, c, false);
    const Result actual = run<S, T>(mode, c, true);
    // In evaluation nobody but a reader needs them.
    if (mode == Mode::train) CHECK(same_bits(actual.saved, expected.saved));
    CHECK(same_bits(actual.running, expected.running));
    if constexpr (std::is_same_v<T, float>) {
      CHECK(same_bits(actual.y, expected.y));
      CHECK(same_bits(actual.d_weight, expected.d_weight));
      CHECK(same_bits(actual.d_bias, expected.d_bias));
    } else {
      CHECK(difference(actual.y, expected.y) < 0x1p-6);
    }
    in_any_order([&] { return run<S, T>(mode, c, true).y; });
  }
}

TEST_CASE("cuda: a norm computed where it is read has the bits of the stored one",
          "[cuda][norm][conv][pool]") {
  using enum NormStatistics;
  check<NormOf<batch, 1, NormAffine::channel, Act::relu>>("batch norm");
  check<NormOf<batch, 1, NormAffine::none, Act::leaky_relu>>("batch norm without affine");
  check<NormOf<group, 2, NormAffine::channel, Act::leaky_relu>>("group norm");
  check<NormOf<group, 1, NormAffine::channel, Act::relu>>("layer norm");
  check<NormOf<group, kInputs, NormAffine::none, Act::none>>("instance norm");
  check<NormOf<batch, 1, NormAffine::channel, Act::relu>, __nv_bfloat16>("batch norm, bfloat16");
}

}  // namespace castnet::test::normalised
