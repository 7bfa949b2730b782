// PReLU.
#include "kernels/cpu/prelu.hpp"

#include "../catch.hpp"
#include "batch_channels.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

/// dx and d_weight one after the other; dx over dy if `in_place`.
template <PReluShape S, class T>
std::vector<T> backward(const std::vector<T>& x, const std::vector<T>& dy,
                        const std::vector<T>& weight, bool in_place) {
  std::vector<T> dx = in_place ? dy : std::vector<T>(dy.size(), T(7)),
                 d_weight(weight.size(), T(7));
  batch::prelu_backward<S>(x.data(), in_place ? dx.data() : dy.data(), weight.data(), dx.data(),
                           d_weight.data());
  dx.insert(dx.end(), d_weight.begin(), d_weight.end());
  return dx;
}

template <PReluShape S>
void check_prelu(const char* name) {
  static_assert(S.batch == kBatch);
  INFO(name);
  constexpr Extent kExtent = batch::kMap<S>;
  std::vector<double> x = random_values<double>(2 * kExtent.block(), 1);
  std::vector<double> weight = random_values<double>(std::size_t(S.slopes), 2);
  const std::vector<double> dy = random_values<double>(x.size(), 3);
  const auto forward = [&] {
    std::vector<double> y(x.size(), 7);
    batch::prelu_forward<S>(x.data(), weight.data(), y.data());
    return y;
  };
  const std::vector<double> y = forward();
  for (int image = 0; image < S.batch; ++image) {
    for (int c = 0; c < S.channels; ++c) {
      for (int p = 0; p < kExtent.pixels(); ++p) {
        const double value = element(x, kExtent, image, c, p / S.width, p % S.width);
        const double slope = weight[std::size_t(S.slopes == 1 ? 0 : c)];
        REQUIRE(element(y, kExtent, image, c, p / S.width, p % S.width) ==
                (value > 0 ? value : slope * value));
      }
    }
  }
  const std::vector<double> both = backward<S>(x, dy, weight, false);
  const auto d_weight = both.begin() + std::ptrdiff_t(x.size());
  const auto loss = [&] { return dot(forward(), dy); };
  check_gradient("x", x, {both.begin(), d_weight}, loss);
  check_gradient("weight", weight, {d_weight, both.end()}, loss);
  CHECK(backward<S>(x, dy, weight, true) == both);
  std::vector<double> in_place = x;
  batch::prelu_forward<S>(in_place.data(), weight.data(), in_place.data());
  CHECK(in_place == y);

  const std::vector<float> fx(x.begin(), x.end()), fdy(dy.begin(), dy.end());
  const std::vector<float> fweight(weight.begin(), weight.end());
  CHECK(difference(backward<S>(fx, fdy, fweight, false), both) < 2e-5);
  check_threads([&] { return backward<S>(fx, fdy, fweight, false); });
}

TEST_CASE("PReLU", "[kernels][prelu]") {
  check_prelu<PReluShape{kBatch, 3, 4, 5, 3}>("a slope a channel");
  check_prelu<PReluShape{kBatch, 3, 4, 5, 1}>("one slope for all");
  check_prelu<PReluShape{kBatch, 1, 3, 7, 1}>("one channel");
  check_prelu<PReluShape{kBatch, 6, 1, 1, 6}>("one pixel");
}

TEST_CASE("PReLU, by hand", "[kernels][prelu]") {
  constexpr PReluShape kShape{16, 2, 1, 3, 2};
  // One image's three pixels of two channels; the other images' are 0.
  const std::vector<double> values = {-2, 0, 3, 1, -1, -4}, gradients = {1, 5, 7, 2, 3, 0.5};
  std::vector<double> x(6 * 16), y(6 * 16), dy(6 * 16), dx(6 * 16);
  for (std::size_t i = 0; i < 6; ++i) {
    x[i * 16 + 9] = values[i];
    dy[i * 16 + 9] = gradients[i];
  }
  const std::vector<double> weight = {0.25, -0.5};
  std::vector<double> d_weight(2);
  prelu_forward<kShape>(x.data(), weight.data(), y.data());
  prelu_backward<kShape>(x.data(), dy.data(), weight.data(), dx.data(), d_weight.data());
  const std::vector<double> expected_y = {-0.5, 0, 3, 1, 0.5, 2};
  const std::vector<double> expected_dx = {0.25, 1.25, 7, 2, -1.5, -0.25};  // at 0, weight * dy
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(y[i * 16 + 9] == expected_y[i]);
    CHECK(dx[i * 16 + 9] == expected_dx[i]);
  }
  CHECK(d_weight == std::vector<double>{-2, -3 - 2});
  constexpr PReluShape kShared{16, 2, 1, 3, 1};
  prelu_backward<kShared>(x.data(), dy.data(), weight.data(), dx.data(), d_weight.data());
  CHECK(d_weight[0] == -2 - 3 - 2);
}

TEST_CASE("PReLU keeps NaN", "[kernels][prelu]") {
  const std::vector<float> x(16, NAN), weight = {0.25F};
  std::vector<float> y(16);
  prelu_forward<PReluShape{16, 1, 1, 1, 1}>(x.data(), weight.data(), y.data());
  CHECK(std::isnan(y[3]));
}

}  // namespace
