// Activations, addition and dropout.
#include "../catch.hpp"
#include "batch.hpp"
#include "kernels/cpu/activation.hpp"
#include "kernels/cpu/add.hpp"
#include "kernels/cpu/dropout.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <Act A>
void check_activation(double at_one, double at_minus_one) {
  constexpr ActShape kShape{kBatch, 3, 2, 3, A, 0.1};
  std::vector<double> x = random_values<double>(kBatch * 18, 1);
  x[0] = 1;
  x[1] = -1;
  const std::vector<double> dy = random_values<double>(x.size(), 2);
  std::vector<double> dx = dy;
  const auto forward = [&] {
    std::vector<double> y(x.size());
    batch::activation_forward<kShape>(x.data(), y.data());
    return y;
  };
  CHECK(forward()[0] == Approx(at_one));
  CHECK(forward()[1] == Approx(at_minus_one));
  const std::vector<double> kept = A == Act::sigmoid ? forward() : x;
  batch::activation_backward<kShape>(kept.data(), dx.data(), dx.data());
  check_gradient("x", x, dx, [&] { return dot(forward(), dy); });
  if (A == Act::relu || A == Act::leaky_relu || A == Act::sigmoid) {
    std::vector<double> in_place = x, from_output = dy;
    batch::activation_forward<kShape>(in_place.data(), in_place.data());
    CHECK(in_place == forward());
    batch::activation_backward<kShape>(in_place.data(), from_output.data(), from_output.data());
    CHECK(from_output == dx);
  }
}

TEST_CASE("activations", "[kernels][activation]") {
  check_activation<Act::none>(1, -1);
  check_activation<Act::relu>(1, 0);
  check_activation<Act::leaky_relu>(1, -0.1);
  check_activation<Act::gelu>(0.8413447460685429, -0.15865525393145707);
  check_activation<Act::silu>(0.7310585786300049, -0.2689414213699951);
  check_activation<Act::sigmoid>(0.7310585786300049, 0.2689414213699951);
}

TEST_CASE("SiLU in float is as in double over its whole range", "[kernels][activation]") {
  constexpr int kPixels = 4096;
  constexpr ActShape kShape{16, 1, 1, kPixels, Act::silu};
  std::vector<float> x(16 * kPixels), y(x.size()), dx(x.size(), 1);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = -100 + 200 * float(i) / float(x.size() - 1);
  batch::activation_forward<kShape>(x.data(), y.data());
  batch::activation_backward<kShape>(x.data(), dx.data(), dx.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    INFO("x = " << x[i]);
    const double value = smooth_value<Act::silu>(double(x[i]));
    const double slope = smooth_slope<Act::silu>(double(x[i]));
    const double terms = (1 + std::abs(x[i])) / (1 + std::exp(-double(x[i])));
    // Where e^-x leaves float's range f(x) is below 1e-35.
    REQUIRE(std::abs(y[i] - value) <= 4e-7 * std::abs(value) + 1e-35);
    REQUIRE(std::abs(dx[i] - slope) <= 4e-7 * terms + 1e-35);
  }
  std::vector<float> odd(16, NAN), result(16);
  batch::activation_forward<ActShape{16, 1, 1, 1, Act::silu}>(odd.data(), result.data());
  CHECK(std::isnan(result[7]));
}

TEST_CASE("sigmoid in float is as in double over its whole range", "[kernels][activation]") {
  constexpr int kPixels = 4096;
  constexpr ActShape kShape{16, 1, 1, kPixels, Act::sigmoid};
  std::vector<float> y(16 * kPixels), dx(y.size(), 1);
  const auto input = [&](std::size_t i) { return -120 + 240 * float(i) / float(y.size() - 1); };
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = input(i);
  batch::activation_forward<kShape>(y.data(), y.data());
  batch::activation_backward<kShape>(y.data(), dx.data(), dx.data());
  for (std::size_t i = 0; i < y.size(); ++i) {
    INFO("x = " << input(i));
    const double value = smooth_value<Act::sigmoid>(double(input(i)));
    // Where e^-x leaves float's range sigmoid is below 1e-35.
    REQUIRE(std::abs(y[i] - value) <= 4e-7 * value + 1e-35);
    REQUIRE((y[i] >= 0 && y[i] <= 1));
    // 1 - y has the rounding of y, which is near 1.
    REQUIRE(std::abs(dx[i] - value * (1 - value)) <= 4e-7 * value + 1e-35);
  }
}

TEST_CASE("activations keep NaN", "[kernels][activation]") {
  std::vector<float> x(16, NAN), y(16);
  batch::activation_forward<ActShape{16, 1, 1, 1, Act::relu}>(x.data(), y.data());
  CHECK(std::isnan(y[3]));
  batch::activation_forward<ActShape{16, 1, 1, 1, Act::sigmoid}>(x.data(), y.data());
  CHECK(std::isnan(y[3]));
}

TEST_CASE("addition, in place", "[kernels][add]") {
  std::vector<float> a = random_values<float>(kBatch * 12, 1);
  const std::vector<float> b = random_values<float>(a.size(), 2), kept = a;
  batch::add<MapShape{kBatch, 3, 2, 2}>(a.data(), b.data(), a.data());
  for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(a[i] == kept[i] + b[i]);
}

template <DropoutShape S>
void check_dropout() {
  constexpr std::uint64_t kSeed = 0x123456789ABCDEF;
  constexpr Extent kExtent{S.channels, S.height, S.width};
  const auto samples = sample_indices(kBatch);
  const std::vector<float> x(2 * kExtent.block(), 1.0F);
  const auto forward = [&](Mode mode, std::uint32_t epoch) {
    std::vector<float> y = x;
    batch::dropout_forward<S>(mode, kSeed, epoch, samples.data(), y.data(), y.data());
    return y;
  };
  const std::vector<float> y = forward(Mode::train, 3);
  for (int image = 0; image < S.batch; ++image) {
    for (int e = 0; e < S.channels * kExtent.pixels(); ++e) {
      const auto number = std::uint32_t(S.per_channel ? e / kExtent.pixels() : e);
      const Philox4 words =
          philox({samples[std::size_t(image)], 3, number / 4, 256 + S.index}, kSeed);
      const bool dropped = double(uniform(words[number % 4])) < S.rate;
      REQUIRE(y[element_offset(kExtent, image, 0, 0, e)] ==
              (dropped ? 0.0F : float(1 / (1 - S.rate))));
    }
  }
  std::vector<float> dx(x.size());
  batch::dropout_backward<S>(kSeed, 3, samples.data(), x.data(), dx.data());
  CHECK(dx == y);
  CHECK(forward(Mode::evaluate, 3) == x);
  CHECK(forward(Mode::train, 4) != y);
  check_threads([&] { return forward(Mode::train, 5); });
}

TEST_CASE("dropout's masks are Philox's", "[kernels][dropout]") {
  check_dropout<DropoutShape{kBatch, 3, 5, 5, 0.1, false, 0}>();
  check_dropout<DropoutShape{kBatch, 7, 3, 2, 0.5, true, 2}>();
  check_dropout<DropoutShape{kBatch, 4, 4, 4, 0.25, false, 1}>();
}

}  // namespace
