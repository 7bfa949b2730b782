// A convolution with its batch norm, and a 1x1 convolution with its max pooling, in evaluation: as
// the two one by one.
#include "kernels/cpu/conv_norm_conv_pool.hpp"

#include "../catch.hpp"
#include "batch.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

template <int Inputs, int Between, int Outputs, int Height, int Width, int Kernel, bool Bias>
void check(const char* name) {
  INFO(name);
  constexpr int kBatch = kLanes;
  constexpr ConvShape kConv{.batch = kBatch,
                            .in_channels = Inputs,
                            .in_height = Height,
                            .in_width = Width,
                            .out_channels = Between,
                            .kernel = 3,
                            .padding = 1};
  constexpr NormShape kNorm{.batch = kBatch,
                            .channels = Between,
                            .height = Height,
                            .width = Width,
                            .statistics = NormStatistics::batch,
                            .act = Act::relu};
  constexpr ConvShape kPlain{.batch = kBatch,
                             .in_channels = Between,
                             .in_height = Height,
                             .in_width = Width,
                             .out_channels = Outputs,
                             .kernel = 1,
                             .bias = Bias};
  constexpr PoolShape kPool{.batch = kBatch,
                            .channels = Outputs,
                            .in_height = Height,
                            .in_width = Width,
                            .kernel = Kernel,
                            .stride = Kernel};
  const auto x = random_values<float>(batch::kIn<kConv>.block(), 1);
  const auto weight = random_values<float>(kConv.weights(), 2);
  const auto shift = random_values<float>(Between, 3);
  const auto plain_weight = random_values<float>(kPlain.weights(), 4);
  const auto bias = random_values<float>(Outputs, 5);
  const float* const summand = Bias ? bias.data() : nullptr;
  const auto packed = batch::packed<kConv>(weight.data());
  const auto plain_packed = batch::packed<kPlain>(plain_weight.data());

  std::vector<float> between(batch::kOut<kConv>.block());
  std::vector<float> apart(batch::kPooled<kPool>.block()), together(apart.size(), 7);
  constexpr std::size_t kNeeded =
      conv_norm_conv_pool_forward_workspace<kConv, kPlain, kPool, float>();
  batch::each_block<float, conv_forward_workspace<kConv, float>()>(kBatch, [&](int, auto room) {
    conv_norm_forward<kConv, kNorm>(x.data(), packed.data(), shift.data(), between.data(), room);
  });
  batch::conv_pool_forward<kPlain, kPool>(between.data(), plain_weight.data(), summand, nullptr,
                                          apart.data());
  batch::each_block<float, kNeeded>(kBatch, [&](int, auto room) {
    conv_norm_conv_pool_forward<kConv, kNorm, kPlain, kPool>(
        x.data(), packed.data(), shift.data(), plain_packed.data(), summand, together.data(), room);
  });
  CHECK(same_bits(together, apart));
}

TEST_CASE("convolution, batch norm, 1x1 convolution and max pooling in one operation",
          "[kernels][conv][pool]") {
  check<8, 8, 8, 8, 12, 2, true>("whole tiles");
  check<8, 9, 17, 10, 12, 2, false>("channel tails, half a row of tiles left, no bias");
  check<8, 8, 5, 7, 7, 2, true>("a row and a column that no window has");
  check<9, 8, 8, 16, 4, 4, true>("a window a tile");
  check<8, 8, 3, 8, 8, 1, true>("windows of one pixel");
}

}  // namespace
