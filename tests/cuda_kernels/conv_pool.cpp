// A 1x1 convolution and the max pooling behind it in one operation, against the CPU's.

#include "kernels/cuda/conv_pool.hpp"

#include <cmath>
#include <cstdint>

#include "../kernels/batch.hpp"
#include "support.hpp"

// Named, for nvcc: kernels are instantiated for its shapes.
namespace castnet::test::conv_pool {

template <int Inputs, int Outputs, int Height, int Width, bool Bias>
struct ConvOf {
  static constexpr ConvShape value{.batch = 32,
                                   .in_channels = Inputs,
                                   .in_height = Height,
                                   .in_width = Width,
                                   .out_channels = Outputs,
                                   .kernel = 1,
                                   .bias = Bias};
};

template <class S, int Kernel>
struct PoolBehind {
  static constexpr PoolShape value{.batch = S::value.batch,
                                   .channels = S::value.out_channels,
                                   .in_height = S::value.in_height,
                                   .in_width = S::value.in_width,
                                   .kernel = Kernel,
                                   .stride = Kernel};
};

/// Results one after the other: y, dx, d_weight, d_bias.
struct Case {
  std::vector<float> x, weight, bias, dy;
};

template <class S, class P>
std::vector<float> on_cpu(const Case& c) {
  constexpr ConvShape kConv = S::value;
  constexpr PoolShape kPool = P::value;
  constexpr cpu::Extent kIn{kConv.in_channels, kConv.in_height, kConv.in_width};
  constexpr cpu::Extent kOut{kConv.out_channels, kPool.out_height(), kPool.out_width()};
  const std::vector<float> x = to_cpu(c.x, kIn), dy = to_cpu(c.dy, kOut);
  std::vector<float> y(dy.size()), dx(x.size()), d_weight(c.weight.size()), d_bias(c.bias.size());
  std::vector<std::uint8_t> places(y.size());
  batch::conv_pool_forward<kConv, kPool>(x.data(), c.weight.data(), c.bias.data(), places.data(),
                                         y.data());
  batch::conv_pool_backward_weight<kConv, kPool>(x.data(), dy.data(), places.data(),
                                                 d_weight.data(), d_bias.data());
  batch::conv_pool_backward_data<kConv, kPool>(dy.data(), places.data(), c.weight.data(),
                                               dx.data());
  return join(join(from_cpu(y, kOut), from_cpu(dx, kIn)), join(d_weight, d_bias));
}

template <class S, class P, class T>
std::vector<float> on_device(const Case& c) {
  Buffer<T> x(c.x), dy(c.dy), y(c.dy.size()), dx(c.x.size());
  Buffer<float> weight(c.weight), bias(c.bias), d_weight(c.weight.size()), d_bias(c.bias.size());
  Buffer<float> scratch(S::value.filter_scratch());
  Buffer<std::uint8_t> places(c.dy.size());
  cuda::conv_pool_forward<S, P>(nullptr, Mode::train, x.data(), weight.data(), bias.data(),
                                places.data(), y.data());
  cuda::conv_pool_backward_weight<S, P>(nullptr, x.data(), dy.data(), places.data(), scratch.data(),
                                        d_weight.data(), d_bias.data());
  cuda::conv_pool_backward_data<S, P>(nullptr, dy.data(), places.data(), weight.data(), dx.data());
  Buffer<T> evaluated(c.dy.size());
  cuda::conv_pool_forward<S, P>(nullptr, Mode::evaluate, x.data(), weight.data(), bias.data(),
                                nullptr, evaluated.data());
  CHECK(same_bits(evaluated.values(), y.values()));
  return join(join(y.values(), dx.values()), join(d_weight.values(), d_bias.values()));
}

/// Sums of up to some thousand terms near 1, in another order.
template <class S, int Kernel, class T = float>
void check(const char* name) {
  INFO(name);
  using P = PoolBehind<S, Kernel>;
  constexpr ConvShape kConv = S::value;
  const auto random = [](auto count, std::uint64_t seed) {
    return random_values<float>(std::size_t(count), seed);
  };
  Case c{.x = rounded<T>(
             random(kConv.batch * kConv.in_channels * kConv.in_height * kConv.in_width, 1)),
         .weight = random(kConv.weights(), 2),
         .bias = random(kConv.bias ? kConv.out_channels : 0, 3),
         .dy = rounded<T>(random(
             kConv.batch * kConv.out_channels * P::value.out_height() * P::value.out_width(), 4))};
  if constexpr (!std::is_same_v<T, float>) {
    // Sums without rounding: where two differ, they differ after rounding to T, too.
    for (auto* values : {&c.x, &c.weight, &c.bias}) {
      for (float& value : *values) value = std::round(4 * value) / 4;
    }
  }
  const std::vector<float> actual = in_any_order([&] { return on_device<S, P, T>(c); });
  CHECK(difference(actual, on_cpu<S, P>(c)) < (std::is_same_v<T, float> ? 2e-5 : 0x1p-8));
}

TEST_CASE("cuda 1x1 convolution and max pooling in one operation", "[cuda][conv][pool]") {
  check<ConvOf<8, 16, 8, 6, true>, 2>("whole tiles");
  check<ConvOf<7, 9, 7, 5, false>, 2>("tails, a row and a column left over, no bias");
  check<ConvOf<35, 3, 9, 9, true>, 3>("3x3, two tiles of inputs");
  check<ConvOf<3, 1, 8, 8, true>, 8>("8x8, one channel");
  check<ConvOf<8, 9, 8, 6, true>, 2, __nv_bfloat16>("bfloat16");
}

TEST_CASE("cuda: of several maxima the first counts, and NaN wins", "[cuda][conv][pool]") {
  using S = ConvOf<2, 3, 6, 4, true>;
  using P = PoolBehind<S, 2>;
  Case c{.x = random_values<float>(32 * 2 * 24, 1),
         .weight = random_values<float>(6, 2),
         .bias = random_values<float>(3, 3),
         .dy = random_values<float>(32 * 3 * 6, 4)};
  for (auto* values : {&c.x, &c.weight, &c.bias}) {
    for (float& value : *values) value = std::round(value);  // -1, 0 and 1: ties
  }
  const auto count = c.dy.size() + c.x.size();
  const auto first = [&](std::vector<float> values) {
    values.resize(count);  // without the weights' sums
    return values;
  };
  CHECK(difference(first(on_device<S, P, float>(c)), first(on_cpu<S, P>(c))) < 1e-6);
  c.x[0] = c.x[1] = c.x[31] = NAN;
  std::vector<float> actual = first(on_device<S, P, float>(c)), expected = first(on_cpu<S, P>(c));
  for (std::size_t i = 0; i < count; ++i) {
    REQUIRE(std::isnan(actual[i]) == std::isnan(expected[i]));
    if (std::isnan(actual[i])) actual[i] = expected[i] = 0;
  }
  CHECK(difference(actual, expected) < 1e-6);
}

}  // namespace castnet::test::conv_pool
