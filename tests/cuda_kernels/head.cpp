// The loss, and a convolution's bias.
#include "../kernels/batch.hpp"
#include "kernels/cuda/activation.hpp"
#include "kernels/cuda/bias.hpp"
#include "kernels/cuda/loss.hpp"
#include "support.hpp"

// Named, for nvcc: kernels are instantiated for its shapes.
namespace castnet::test::head {

template <int Batch, int Classes>
struct LossOf {
  static constexpr LossShape value{.batch = Batch, .classes = Classes};
};

/// Rows of positive numbers that add up to 1.
std::vector<float> distributions(int rows, int classes) {
  std::vector<float> values = random_values<float>(std::size_t(rows * classes), 2);
  for (std::size_t row = 0; row < values.size(); row += std::size_t(classes)) {
    float total = 0;
    for (std::size_t k = 0; k < std::size_t(classes); ++k) total += values[row + k] += 1.5F;
    for (std::size_t k = 0; k < std::size_t(classes); ++k) values[row + k] /= total;
  }
  return values;
}

/// Losses up to 30 of up to 100 terms, added in another order, and a few ulps of exp and log.
template <class S, class T = float>
void check_loss(const char* name, double tolerance) {
  INFO(name);
  constexpr LossShape kShape = S::value;
  constexpr cpu::Extent kExtent{kShape.classes, 1, 1};
  constexpr auto kImages = std::size_t(kShape.batch);
  constexpr std::size_t kCount = kImages * std::size_t(kShape.classes);
  std::vector<float> logits = random_values<float>(kCount, 1);
  for (float& value : logits) value = float(T(value * 20));
  const std::vector<float> targets = distributions(kShape.batch, kShape.classes);
  const std::vector<float> cpu_logits = to_cpu(logits, kExtent);
  std::vector<float> probabilities(kCount), losses(kImages), dlogits(kCount);
  batch::cross_entropy_forward<kShape>(cpu_logits.data(), targets.data(), probabilities.data(),
                                       losses.data());
  batch::cross_entropy_backward<kShape>(probabilities.data(), targets.data(), dlogits.data());
  const auto expected = join(join(probabilities, losses), from_cpu(dlogits, kExtent));
  const std::vector<float> actual = in_any_order([&] {
    Buffer<T> from(logits), gradient(kCount);
    Buffer<float> wanted(targets), shares(kCount), loss(kImages);
    cuda::cross_entropy_forward<S>(nullptr, from.data(), wanted.data(), shares.data(), loss.data());
    cuda::cross_entropy_backward<S>(nullptr, shares.data(), wanted.data(), gradient.data());
    return join(join(shares.values(), loss.values()), gradient.values());
  });
  CHECK(difference(actual, expected) < tolerance);
}

TEST_CASE("cuda cross entropy", "[cuda][loss]") {
  check_loss<LossOf<32, 10>>("10 classes", 1e-6);
  check_loss<LossOf<16, 100>>("more classes than lanes", 1e-6);
  check_loss<LossOf<48, 2>>("2 classes", 1e-6);
  check_loss<LossOf<32, 10>, __nv_bfloat16>("bfloat16", 1e-4);  // dlogits below 1 / 32, 8 bits
}

TEST_CASE("cuda cross entropy of NaN is NaN", "[cuda][loss]") {
  using S = LossOf<16, 10>;
  std::vector<float> values(160, 0.5F);
  values[7] = NAN;
  Buffer<float> logits(values), targets(distributions(16, 10)), probabilities(160), losses(16);
  cuda::cross_entropy_forward<S>(nullptr, logits.data(), targets.data(), probabilities.data(),
                                 losses.data());
  CHECK(std::isnan(losses.values()[0]));
  CHECK(std::isnan(probabilities.values()[0]));
  CHECK_FALSE(std::isnan(losses.values()[1]));
}

template <int Batch, int Channels, int Size>
struct ConvOf {
  static constexpr ConvShape value{.batch = Batch,
                                   .in_channels = 2,
                                   .in_height = Size,
                                   .in_width = Size + 1,
                                   .out_channels = Channels,
                                   .kernel = 1,
                                   .bias = true};
};

/// Against the definition in double: up to 1824 numbers near 1 in float.
template <class S, class T = float>
void check_bias(double tolerance) {
  constexpr ConvShape kShape = S::value;
  constexpr auto kChannels = std::size_t(kShape.out_channels);
  constexpr std::size_t kPixels = std::size_t(kShape.out_height() * kShape.out_width());
  const std::vector<float> y =
      rounded<T>(random_values<float>(std::size_t(kShape.batch) * kChannels * kPixels, 1));
  const std::vector<float> bias = random_values<float>(kChannels, 2);
  std::vector<double> sums(kChannels), added(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t channel = i / kPixels % kChannels;
    added[i] = double(y[i]) + double(bias[channel]);
    sums[channel] += double(y[i]);
  }
  const std::vector<float> actual = in_any_order([&] {
    Buffer<T> values(y);
    Buffer<float> scratch(kShape.filter_scratch()), gradient(kChannels), shifts(bias);
    cuda::bias_gradient<S>(nullptr, values.data(), scratch.data(), gradient.data());
    cuda::add_bias<S>(nullptr, shifts.data(), values.data());
    scratch.values();  // nothing past its end
    return join(gradient.values(), values.values());
  });
  const auto split = actual.begin() + std::ptrdiff_t(kChannels);
  CHECK(difference(std::vector<float>(actual.begin(), split), sums) < 1e-5);
  CHECK(difference(std::vector<float>(split, actual.end()), added) < tolerance);
}

TEST_CASE("cuda bias", "[cuda][bias]") {
  check_bias<ConvOf<48, 5, 6>>(1e-7);
  check_bias<ConvOf<16, 300, 1>>(1e-7);
  check_bias<ConvOf<32, 5, 6>, __nv_bfloat16>(0x1p-8);
}

template <class S, Act Kind>
struct ActBehind {
  static constexpr ActShape value{.batch = S::value.batch,
                                  .channels = S::value.out_channels,
                                  .height = S::value.out_height(),
                                  .width = S::value.out_width(),
                                  .act = Kind,
                                  .slope = 0.1};
};

/// Against bias and activation one by one: y, dz and d_bias. In bfloat16 they round once more.
template <class S, Act Kind, class T = float>
void check_bias_activation() {
  using A = ActBehind<S, Kind>;
  constexpr ConvShape kShape = S::value;
  constexpr auto kChannels = std::size_t(kShape.out_channels);
  const std::vector<float> x = random_values<float>(cuda::elements(A::value), 1);
  const std::vector<float> dy = random_values<float>(x.size(), 2);
  const std::vector<float> bias = random_values<float>(kChannels, 3);
  const auto run = [&](bool together) {
    Buffer<T> y(x), dz(dy);
    Buffer<float> shifts(bias), scratch(kShape.filter_scratch()), sums(kShape.bias_scratch());
    Buffer<float> gradient(kChannels);
    if (together) {
      cuda::bias_activation_forward<S, A>(nullptr, shifts.data(), y.data());
      cuda::bias_activation_backward<S, A>(nullptr, y.data(), dz.data(), sums.data(), dz.data(),
                                           gradient.data());
      sums.values();  // nothing past its end
    } else {
      cuda::add_bias<S>(nullptr, shifts.data(), y.data());
      cuda::activation_forward<A>(nullptr, y.data(), y.data());
      cuda::activation_backward<A>(nullptr, y.data(), dz.data(), dz.data());
      cuda::bias_gradient<S>(nullptr, dz.data(), scratch.data(), gradient.data());
    }
    return join(join(y.values(), dz.values()), gradient.values());
  };
  const std::vector<float> together = in_any_order([&] { return run(true); });
  if constexpr (std::is_same_v<T, float>) {
    CHECK(same_bits(together, run(false)));
  } else {
    CHECK(difference(together, run(false)) < 0x1p-7);
  }
}

TEST_CASE("cuda bias and activation in one operation", "[cuda][bias][activation]") {
  check_bias_activation<ConvOf<48, 5, 6>, Act::relu>();
  check_bias_activation<ConvOf<16, 300, 1>, Act::leaky_relu>();
  check_bias_activation<ConvOf<48, 5, 6>, Act::sigmoid>();
  check_bias_activation<ConvOf<32, 5, 6>, Act::relu, __nv_bfloat16>();
}

}  // namespace castnet::test::head
