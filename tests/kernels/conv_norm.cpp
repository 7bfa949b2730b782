// A batch norm in evaluation that is part of the convolution before it: as the two one by one.
#include "kernels/cpu/conv_norm.hpp"

#include "../catch.hpp"
#include "batch.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <ConvShape S, NormAffine Affine, Act Kind>
void check(const char* name) {
  INFO(name);
  constexpr NormShape kNorm{.batch = kBatch,
                            .channels = S.out_channels,
                            .height = S.out_height(),
                            .width = S.out_width(),
                            .statistics = NormStatistics::batch,
                            .affine = Affine,
                            .act = Kind,
                            .slope = 0.1};
  constexpr auto kChannels = std::size_t(S.out_channels);
  const auto x = random_values<double>(2 * batch::kIn<S>.block(), 1);
  const auto weight = random_values<double>(S.weights(), 2);
  const auto bias = random_values<double>(kChannels, 3);
  const auto factors = random_values<double>(kNorm.affine_elements(), 4);
  const auto shifts = random_values<double>(kNorm.affine_elements(), 5);
  auto running = random_values<double>(2 * kChannels, 6);
  for (std::size_t c = kChannels; c < running.size(); ++c) running[c] = std::abs(running[c]) + 0.5;
  const double* const summand = S.bias ? bias.data() : nullptr;

  std::vector<double> apart(2 * batch::kOut<S>.block()), together(apart.size(), 7);
  std::vector<double> saved(2 * kChannels);
  batch::conv_forward<S>(x.data(), weight.data(), summand, apart.data());
  batch::norm_forward<kNorm>(Mode::evaluate, apart.data(), factors.data(), shifts.data(),
                             saved.data(), running.data(), apart.data());

  std::vector<double> packed(packed_elements(S)), shift(kChannels);
  batch::each_block<double, conv_norm_pack_workspace<S>()>(kLanes, [&](int, auto workspace) {
    conv_norm_pack<S, kNorm>(weight.data(), summand, factors.data(), shifts.data(), running.data(),
                             running.data() + kChannels, packed.data(), shift.data(), workspace);
  });
  constexpr std::size_t kNeeded = conv_forward_workspace<S, double>();
  batch::each_block<double, kNeeded>(kBatch, [&](int b, auto workspace) {
    conv_norm_forward<S, kNorm>(batch::images(x.data(), batch::kIn<S>)[b], packed.data(),
                                shift.data(), batch::images(together.data(), batch::kOut<S>)[b],
                                workspace);
  });
  CHECK(difference(together, apart) < 1e-12);
}

// ConvShape: batch, in channels, height, width, out channels, kernel, stride, padding, dilation,
// groups, bias.
TEST_CASE("batch norm in evaluation as part of a convolution", "[kernels][conv][norm]") {
  check<ConvShape{kBatch, 3, 5, 7, 6, 3, 1, 1, 1, 1, true}, NormAffine::channel, Act::relu>(
      "bias, relu");
  check<ConvShape{kBatch, 6, 7, 5, 9, 3, 2, 1, 1, 3, false}, NormAffine::none, Act::none>(
      "groups, stride 2, no affine");
  constexpr ConvShape kWinograd{kBatch, 8, 7, 8, 9, 3, 1, 1, 1, 1, false};
  static_assert(uses_winograd(kWinograd));
  check<kWinograd, NormAffine::channel, Act::silu>("Winograd's algorithm, silu");
}

}  // namespace
