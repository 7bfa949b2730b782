// Channel norm against its definition and central differences.
#include "kernels/cpu/channel_norm.hpp"

#include "../catch.hpp"
#include "batch_channels.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <ChannelNormShape S, class T>
struct ChannelNormCase {
  static constexpr Extent kExtent = batch::kMap<S>;
  std::vector<T> x = random_values<T>(2 * kExtent.block(), 1);
  std::vector<T> dy = random_values<T>(2 * kExtent.block(), 2);
  std::vector<T> weight = random_values<T>(S.affine_elements(), 3);
  std::vector<T> bias = random_values<T>(S.affine_elements(), 4);
  std::vector<T> saved = std::vector<T>(S.saved());

  std::vector<T> forward() {
    std::vector<T> y(x.size(), T(7));
    forward(x.data(), y.data());
    return y;
  }
  void forward(const T* from, T* y) {
    batch::channel_norm_forward<S>(from, S.affine ? weight.data() : nullptr,
                                   S.affine ? bias.data() : nullptr, saved.data(), y);
  }
  /// dx, d_weight and d_bias one after the other; dx over dy if `in_place`.
  std::vector<T> backward(bool in_place) {
    forward();
    std::vector<T> all = in_place ? dy : std::vector<T>(dy.size(), T(7));
    std::vector<T> d_weight(weight.size(), T(7)), d_bias(bias.size(), T(7));
    batch::channel_norm_backward<S>(x.data(), in_place ? all.data() : dy.data(),
                                    S.affine ? weight.data() : nullptr, saved.data(), all.data(),
                                    d_weight.data(), d_bias.data());
    all.insert(all.end(), d_weight.begin(), d_weight.end());
    all.insert(all.end(), d_bias.begin(), d_bias.end());
    return all;
  }
};

template <ChannelNormShape S>
std::vector<double> plain_forward(const ChannelNormCase<S, double>& c) {
  std::vector<double> y(c.x.size());
  for (int image = 0; image < S.batch; ++image) {
    for (int p = 0; p < S.height * S.width; ++p) {
      const auto at = [&](int channel) {
        return element_offset(c.kExtent, image, channel, p / S.width, p % S.width);
      };
      double mean = 0, variance = 0;
      for (int k = 0; k < S.channels; ++k) mean += c.x[at(k)] / S.channels;
      for (int k = 0; k < S.channels; ++k) {
        variance += (c.x[at(k)] - mean) * (c.x[at(k)] - mean) / S.channels;
      }
      for (int k = 0; k < S.channels; ++k) {
        const double value = (c.x[at(k)] - mean) / std::sqrt(variance + S.epsilon);
        y[at(k)] = S.affine ? value * c.weight[std::size_t(k)] + c.bias[std::size_t(k)] : value;
      }
    }
  }
  return y;
}

template <ChannelNormShape S>
void check_channel_norm(const char* name) {
  static_assert(S.batch == kBatch);
  INFO(name);
  ChannelNormCase<S, double> c;
  CHECK(difference(c.forward(), plain_forward(c)) < 1e-12);
  const auto loss = [&] { return dot(c.forward(), c.dy); };
  const std::vector<double> all = c.backward(false);
  const auto weight = all.begin() + std::ptrdiff_t(c.x.size());
  const auto bias = weight + std::ptrdiff_t(c.weight.size());
  check_gradient("x", c.x, {all.begin(), weight}, loss);
  check_gradient("weight", c.weight, {weight, bias}, loss);
  check_gradient("bias", c.bias, {bias, all.end()}, loss);
  CHECK(c.backward(true) == all);
  std::vector<double> in_place = c.x;
  c.forward(in_place.data(), in_place.data());
  CHECK(in_place == c.forward());

  ChannelNormCase<S, float> f;
  CHECK(difference(f.forward(), c.forward()) < 1e-5);
  CHECK(difference(f.backward(false), all) < 5e-5);
  check_threads([&] { return f.forward(); });
  check_threads([&] { return f.backward(false); });
}

// ChannelNormShape: batch, channels, height, width, affine, epsilon.
TEST_CASE("channel norm", "[kernels][norm]") {
  check_channel_norm<ChannelNormShape{kBatch, 5, 3, 7, true, 1e-2}>("5 channels of 3 x 7");
  check_channel_norm<ChannelNormShape{kBatch, 3, 4, 5, true, 1e-1}>("3 channels");
  check_channel_norm<ChannelNormShape{kBatch, 24, 2, 2, false, 1e-6}>("no affine");
  check_channel_norm<ChannelNormShape{kBatch, 1, 3, 3, true, 1e-6}>("one channel");
  check_channel_norm<ChannelNormShape{kBatch, 7, 1, 1, true, 1e-2}>("one pixel");
  static_assert(detail::kPixelTile < 9 * 9);
  check_channel_norm<ChannelNormShape{kBatch, 5, 9, 9, true, 1e-2}>("a tile and a part of one");
}

TEST_CASE("channel norm, by hand", "[kernels][norm]") {
  constexpr ChannelNormShape kShape{16, 2, 1, 1, true, 0.44};
  // 3 and 1: mean 2, variance 1, std sqrt(1.44) = 1.2.
  std::vector<double> x(2 * 16, 1.0), dy(2 * 16), saved(2 * 16), y(2 * 16), dx(2 * 16);
  const std::vector<double> weight = {1, 6}, bias = {0.5, 10};
  std::vector<double> d_weight(2), d_bias(2);
  x[4] = 3;
  dy[4] = 2;
  channel_norm_forward<kShape>(x.data(), weight.data(), bias.data(), saved.data(), y.data());
  CHECK(saved[4] == Approx(2));
  CHECK(saved[16 + 4] == Approx(1 / 1.2));
  CHECK(y[4] == Approx(1 / 1.2 + 0.5));
  CHECK(y[16 + 4] == Approx(-5 + 10));
  CHECK(y[5] == Approx(0.5));  // equal channels
  channel_norm_backward<kShape>(x.data(), dy.data(), weight.data(), saved.data(), dx.data(),
                                d_weight.data(), d_bias.data());
  // y0 = u / sqrt(u u + 0.44) with u = (x0 - x1) / 2: its slope by u is 0.44 / 1.2^3.
  CHECK(dx[4] == Approx(2 * 0.5 * 0.44 / 1.728));
  CHECK(dx[16 + 4] == Approx(-2 * 0.5 * 0.44 / 1.728));
  CHECK(d_weight[0] == Approx(2 / 1.2));
  CHECK(d_bias[0] == Approx(2));
  CHECK(d_weight[1] == 0);
  CHECK(d_bias[1] == 0);
}

TEST_CASE("channel norm keeps its precision far from zero", "[kernels][norm]") {
  constexpr ChannelNormShape kShape{kBatch, 6, 4, 4, false, 1e-6};
  ChannelNormCase<kShape, float> f;
  ChannelNormCase<kShape, double> c;
  for (std::size_t i = 0; i < f.x.size(); ++i) c.x[i] = f.x[i] = f.x[i] + 100.0F;
  CHECK(difference(f.forward(), c.forward()) < 1e-4);  // the mean itself is rounded to 4e-6
}

}  // namespace
