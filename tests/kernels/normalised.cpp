// A norm computed where a convolution with pooling reads it: as the norm stored, then read.
#include "batch.hpp"
#include "kernels/cpu/conv_pool.hpp"
#include "kernels/cpu/norm.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32, kInputs = 6, kOutputs = 5;

template <NormShape N>
struct NormalisedCase {
  static constexpr ConvShape kConv{.batch = kBatch,
                                   .in_channels = kInputs,
                                   .in_height = N.height,
                                   .in_width = N.width,
                                   .out_channels = kOutputs,
                                   .kernel = 1,
                                   .bias = true};
  static constexpr PoolShape kPool{.batch = kBatch,
                                   .channels = kOutputs,
                                   .in_height = N.height,
                                   .in_width = N.width,
                                   .kernel = 2,
                                   .stride = 2};
  static constexpr std::size_t kBlocks = kBatch / kLanes;
  static constexpr std::size_t kOut =
      kBlocks * Extent{kOutputs, kPool.out_height(), kPool.out_width()}.block();

  std::vector<float> x =
      random_values<float>(kBlocks * Extent{N.channels, N.height, N.width}.block(), 1);
  std::vector<float> scale = random_values<float>(N.affine_elements(), 2);
  std::vector<float> shift = random_values<float>(N.affine_elements(), 3);
  std::vector<float> before = running_before();
  std::vector<float> weight = random_values<float>(kConv.weights(), 4);
  std::vector<float> bias = random_values<float>(kOutputs, 5);
  std::vector<float> dy = random_values<float>(kOut, 6);

  struct Result {
    std::vector<float> saved, running, y, d_weight, d_bias;
    std::vector<std::uint8_t> places;
    bool operator==(const Result&) const = default;
  };

  Result stored(Mode mode) const {
    Result r = empty();
    std::vector<float> norm(x.size());
    batch::norm_forward<N>(mode, x.data(), scale.data(), shift.data(), r.saved.data(),
                           running_of(r), norm.data());
    read(mode, norm.data(), r);
    return r;
  }

  Result on_read(Mode mode) const {
    Result r = empty();
    batch::norm_statistics<N>(mode, x.data(), r.saved.data(), running_of(r));
    constexpr Extent kExtent{N.channels, N.height, N.width};
    const Blocks<float> blocks{const_cast<float*>(x.data()), kExtent.block()};
    read(mode,
         NormalisedBlocks<N, float>(blocks, scale.data(), shift.data(),
                                    batch::saved_of<N>(r.saved.data())),
         r);
    return r;
  }

 private:
  static std::vector<float> running_before() {
    std::vector<float> running = random_values<float>(2 * std::size_t(N.channels), 7);
    for (float& value : running) value = std::abs(value) + 0.5F;
    return running;
  }

  Result empty() const {
    return {std::vector<float>(N.saved(), 7),   before,
            std::vector<float>(kOut, 7),        std::vector<float>(weight.size(), 7),
            std::vector<float>(bias.size(), 7), std::vector<std::uint8_t>(kOut, 255)};
  }

  static float* running_of(Result& r) {
    return N.statistics == NormStatistics::batch ? r.running.data() : nullptr;
  }

  template <class X>
  void read(Mode mode, const X& input, Result& r) const {
    batch::conv_pool_forward<kConv, kPool>(input, weight.data(), bias.data(), r.places.data(),
                                           r.y.data());
    if (mode == Mode::evaluate) return;
    batch::conv_pool_backward_weight<kConv, kPool>(input, dy.data(), r.places.data(),
                                                   r.d_weight.data(), r.d_bias.data());
  }
};

template <NormShape N>
void check(const char* name) {
  INFO(name);
  const NormalisedCase<N> c;
  for (const Mode mode : {Mode::train, Mode::evaluate}) {
    const auto expected = c.stored(mode), actual = c.on_read(mode);
    CHECK(same_bits(actual.saved, expected.saved));
    CHECK(same_bits(actual.running, expected.running));
    CHECK(same_bits(actual.y, expected.y));
    CHECK(actual.places == expected.places);
    CHECK(same_bits(actual.d_weight, expected.d_weight));
    CHECK(same_bits(actual.d_bias, expected.d_bias));
  }
  check_threads([&] { return c.on_read(Mode::train); });
}

constexpr NormShape norm(NormStatistics statistics, int groups, NormAffine affine, Act act) {
  return {.batch = kBatch,
          .channels = kInputs,
          .height = 6,
          .width = 7,
          .statistics = statistics,
          .groups = groups,
          .affine = affine,
          .act = act,
          .slope = 0.2};
}

TEST_CASE("a norm computed where it is read has the bits of the stored one",
          "[kernels][norm][conv][pool]") {
  using enum NormStatistics;
  check<norm(batch, 1, NormAffine::channel, Act::relu)>("batch norm");
  check<norm(batch, 1, NormAffine::none, Act::leaky_relu)>("batch norm without affine");
  check<norm(group, 2, NormAffine::channel, Act::leaky_relu)>("group norm");
  check<norm(group, 1, NormAffine::channel, Act::relu)>("layer norm");
  check<norm(group, kInputs, NormAffine::none, Act::none)>("instance norm");
}

}  // namespace
