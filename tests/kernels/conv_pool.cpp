// A 1x1 convolution and the max pooling behind it in one operation: as the two one by one.
#include "kernels/cpu/conv_pool.hpp"

#include <cstdint>

#include "../catch.hpp"
#include "batch.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <ConvShape S, PoolShape P, class T>
struct ConvPoolCase {
  static constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  static constexpr Extent kConv{S.out_channels, S.in_height, S.in_width};
  static constexpr Extent kOutput{S.out_channels, P.out_height(), P.out_width()};
  static constexpr std::size_t kBlocks = kBatch / kLanes;

  std::vector<T> x = random_values<T>(kBlocks * kInput.block(), 1);
  std::vector<T> weight = random_values<T>(S.weights(), 2);
  std::vector<T> bias = random_values<T>(std::size_t(S.out_channels), 3);
  std::vector<T> dy = random_values<T>(kBlocks * kOutput.block(), 4);

  struct Result {
    std::vector<T> y, dx, d_weight, d_bias;
  };

  Result apart() const {
    Result r = empty();
    std::vector<T> conv(kBlocks * kConv.block()), d_conv(conv.size());
    batch::conv_forward<S>(x.data(), weight.data(), bias.data(), conv.data());
    batch::pool_forward<P>(conv.data(), r.y.data());
    batch::pool_backward<P>(conv.data(), dy.data(), d_conv.data());
    batch::conv_backward_weight<S>(x.data(), d_conv.data(), r.d_weight.data(), r.d_bias.data());
    batch::conv_backward_data<S>(d_conv.data(), weight.data(), r.dx.data());
    return r;
  }

  Result together() const {
    Result r = empty();
    std::vector<std::uint8_t> places(r.y.size(), 255);
    batch::conv_pool_forward<S, P>(x.data(), weight.data(), bias.data(), places.data(), r.y.data());
    batch::conv_pool_backward_weight<S, P>(x.data(), dy.data(), places.data(), r.d_weight.data(),
                                           r.d_bias.data());
    batch::conv_pool_backward_data<S, P>(dy.data(), places.data(), weight.data(), r.dx.data());
    return r;
  }

  std::vector<T> evaluate() const {
    std::vector<T> y(dy.size());
    batch::conv_pool_forward<S, P>(x.data(), weight.data(), bias.data(), nullptr, y.data());
    return y;
  }

 private:
  Result empty() const {
    return {std::vector<T>(dy.size(), 7), std::vector<T>(x.size(), 7),
            std::vector<T>(weight.size(), 7), std::vector<T>(S.bias ? bias.size() : 0, 7)};
  }
};

template <int Inputs, int Outputs, int Height, int Width, int Kernel, bool Bias = true>
struct Shapes {
  static constexpr ConvShape conv{.batch = kBatch,
                                  .in_channels = Inputs,
                                  .in_height = Height,
                                  .in_width = Width,
                                  .out_channels = Outputs,
                                  .kernel = 1,
                                  .bias = Bias};
  static constexpr PoolShape pool{.batch = kBatch,
                                  .channels = Outputs,
                                  .in_height = Height,
                                  .in_width = Width,
                                  .kernel = Kernel,
                                  .stride = Kernel};
  template <class T>
  using Case = ConvPoolCase<conv, pool, T>;
};

/// Each sum is formed in the same order but those of the weights' and the bias's gradients, which
/// run over strips and pooled pixels: some thousand terms near 1.
template <class Case>
void check_same(const Case& c) {
  const auto apart = c.apart(), together = c.together();
  CHECK(same_bits(together.y, apart.y));
  CHECK(same_bits(c.evaluate(), apart.y));
  CHECK(same_bits(together.dx, apart.dx));
  CHECK(difference(together.d_weight, apart.d_weight) < 2e-5);
  CHECK(difference(together.d_bias, apart.d_bias) < 2e-5);
}

template <class Of>
void check(const char* name) {
  INFO(name);
  typename Of::template Case<double> c;
  const auto loss = [&] { return dot(c.evaluate(), c.dy); };
  const auto gradients = c.together();
  check_gradient("x", c.x, gradients.dx, loss);
  check_gradient("weight", c.weight, gradients.d_weight, loss);
  if (Of::conv.bias) check_gradient("bias", c.bias, gradients.d_bias, loss);

  const typename Of::template Case<float> f;
  check_same(f);
  check_threads([&] { return f.together().y; });
  check_threads([&] { return f.together().dx; });
  check_threads([&] { return f.together().d_weight; });
}

TEST_CASE("1x1 convolution and max pooling in one operation", "[kernels][conv][pool]") {
  check<Shapes<8, 8, 8, 6, 2>>("whole tiles");
  check<Shapes<7, 5, 7, 5, 2, false>>("channel tails, a row and a column left over, no bias");
  check<Shapes<2, 3, 9, 9, 3>>("3x3");
  check<Shapes<3, 1, 4, 4, 4>>("one window, one channel");
  using Large = Shapes<66, 4, 2, 64, 2>;
  static_assert(detail::strip_windows<float>(Large::pool, 66, detail::kHalfFirstLevel) < 32);
  check<Large>("several strips a row");
}

TEST_CASE("of several maxima the first counts, and NaN wins, as in pooling alone",
          "[kernels][conv][pool]") {
  Shapes<2, 3, 6, 4, 2>::Case<float> c;
  for (auto* values : {&c.x, &c.weight, &c.bias}) {
    for (float& value : *values) value = std::round(value);  // -1, 0 and 1: ties
  }
  check_same(c);
  // Only what the convolution makes of NaN counts: x, not weights, so that gradients stay numbers.
  for (const std::size_t i : {0, 17, 100, 101, 300}) c.x[i] = NAN;
  for (const std::size_t i : {40, 41, 42}) c.x[i] = -INFINITY;
  const auto apart = c.apart(), together = c.together();
  CHECK(same_bits(together.y, apart.y));
  CHECK(same_bits(together.dx, apart.dx));
  for (std::size_t i = 0; i < apart.d_weight.size(); ++i) {
    INFO(i);
    CHECK(std::isnan(together.d_weight[i]) == std::isnan(apart.d_weight[i]));
  }
}

}  // namespace
