// A convolution and the activation behind it in one operation: the bits of the two one by one.
#include "kernels/cpu/conv_activation.hpp"

#include "../catch.hpp"
#include "batch.hpp"
#include "kernels/cpu/activation.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <ConvShape S, Act Kind>
void check(const char* name) {
  static_assert(S.batch == kBatch);
  INFO(name);
  constexpr ActShape kAct{kBatch, S.out_channels, S.out_height(), S.out_width(), Kind, 0.1};
  auto x = random_values<float>(2 * batch::kIn<S>.block(), 1);
  x[5] = NAN;
  const auto weight = random_values<float>(S.weights(), 2);
  const auto bias = random_values<float>(std::size_t(S.out_channels), 3);
  const float* const shift = S.bias ? bias.data() : nullptr;
  std::vector<float> apart(2 * batch::kOut<S>.block()), together(apart.size(), 7);
  batch::conv_forward<S>(x.data(), weight.data(), shift, apart.data());
  batch::activation_forward<kAct>(apart.data(), apart.data());
  const auto ready = batch::packed<S>(weight.data());
  batch::each_block<float, conv_forward_workspace<S, float>()>(kBatch, [&](int b, auto workspace) {
    conv_activation_forward<S, kAct>(batch::images(x.data(), batch::kIn<S>)[b], ready.data(), shift,
                                     batch::images(together.data(), batch::kOut<S>)[b], workspace);
  });
  CHECK(same_bits(together, apart));
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
  check<kWinograd, Act::sigmoid>("Winograd's algorithm, sigmoid");
  constexpr ConvShape kLarge{kBatch, 70, 16, 16, 3, 3, 1, 1, 1, 1, true};
  static_assert(ConvPanel<kLarge, 2, float>::kChannels < 70);
  check<kLarge, Act::relu>("more channels than a panel holds: the activation comes last");
}

}  // namespace
