// A convolution and the activation behind it in one operation: the bits of the two one by one.
#include "kernels/cpu/conv_activation.hpp"

#include <catch2/catch.hpp>

#include "kernels/cpu/activation.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <ConvShape S, ActShape A, class T>
struct ConvActivationCase {
  static constexpr std::size_t kInputs = 2 * Extent{S.in_channels, S.in_height, S.in_width}.block();
  static constexpr std::size_t kOutputs =
      2 * Extent{S.out_channels, S.out_height(), S.out_width()}.block();
  std::vector<T> x = random_values<T>(kInputs, 1);
  std::vector<T> weight = random_values<T>(S.weights(), 2);
  std::vector<T> bias = random_values<T>(std::size_t(S.out_channels), 3);
  std::vector<T> dy = random_values<T>(kOutputs, 4);

  struct Result {
    std::vector<T> y, dx, d_weight, d_bias;
  };

  std::vector<T> forward() const {
    std::vector<T> y(kOutputs, 7);
    conv_activation_forward<S, A>(x.data(), weight.data(), bias_pointer(), y.data());
    return y;
  }

  Result apart() const {
    Result r = empty();
    std::vector<T> dz(kOutputs), scratch(S.filter_scratch());
    conv_forward<S>(x.data(), weight.data(), bias_pointer(), r.y.data());
    activation_forward<A>(r.y.data(), r.y.data());
    activation_backward<A>(r.y.data(), dy.data(), dz.data());
    conv_backward_filter<S>(x.data(), dz.data(), scratch.data(), r.d_weight.data(),
                            r.d_bias.data());
    conv_backward_data<S>(dz.data(), weight.data(), scratch.data(), r.dx.data());
    return r;
  }

  /// dz over dy.
  Result together() const {
    Result r = empty();
    r.y = forward();
    std::vector<T> dz = dy, scratch(S.filter_scratch()), sums(S.bias_scratch());
    conv_activation_backward<S, A>(r.y.data(), dz.data(), sums.data(), dz.data(), r.d_bias.data());
    conv_activation_backward_filter<S>(x.data(), dz.data(), scratch.data(), r.d_weight.data());
    conv_backward_data<S>(dz.data(), weight.data(), scratch.data(), r.dx.data());
    return r;
  }

 private:
  const T* bias_pointer() const { return S.bias ? bias.data() : nullptr; }
  Result empty() const {
    return {std::vector<T>(kOutputs, 7), std::vector<T>(kInputs, 7), std::vector<T>(S.weights(), 7),
            std::vector<T>(S.bias ? bias.size() : 0, 7)};
  }
};

template <ConvShape S, Act Kind>
void check(const char* name) {
  static_assert(S.batch == kBatch);
  INFO(name);
  constexpr ActShape kAct{kBatch, S.out_channels, S.out_height(), S.out_width(), Kind, 0.1};
  ConvActivationCase<S, kAct, double> c;
  const auto loss = [&] { return dot(c.forward(), c.dy); };
  const auto gradients = c.together();
  check_gradient("x", c.x, gradients.dx, loss);
  check_gradient("weight", c.weight, gradients.d_weight, loss);
  if (S.bias) check_gradient("bias", c.bias, gradients.d_bias, loss);

  ConvActivationCase<S, kAct, float> f;
  f.x[5] = NAN;
  const auto apart = f.apart();
  for (const int threads : {1, 2}) {
    omp_set_num_threads(threads);
    const auto together = f.together();
    CHECK(same_bits(together.y, apart.y));
    CHECK(same_bits(together.dx, apart.dx));
    CHECK(same_bits(together.d_weight, apart.d_weight));
    CHECK(same_bits(together.d_bias, apart.d_bias));
  }
}

// ConvShape: batch, in channels, height, width, out channels, kernel, stride, padding, dilation,
// groups, bias.
TEST_CASE("convolution and activation in one operation", "[kernels][conv][activation]") {
  check<ConvShape{kBatch, 3, 5, 7, 6, 3, 1, 1, 1, 1, true}, Act::relu>("3x3, relu");
  check<ConvShape{kBatch, 6, 7, 5, 9, 3, 2, 1, 1, 3, false}, Act::leaky_relu>(
      "groups, stride 2, no bias, leaky relu");
  constexpr ConvShape kWinograd{kBatch, 8, 7, 8, 9, 3, 1, 1, 1, 1, true};
  static_assert(uses_winograd(kWinograd));
  check<kWinograd, Act::leaky_relu>("Winograd's algorithm, leaky relu");
  constexpr ConvShape kLarge{kBatch, 70, 16, 16, 3, 3, 1, 1, 1, 1, true};
  static_assert(ConvPanel<kLarge, 2, float>::kChannels < 70);
  check<kLarge, Act::relu>("more channels than a panel holds: the activation comes last");
}

}  // namespace
