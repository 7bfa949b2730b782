// Normalisation layers against their definition and central differences.
#include "kernels/cpu/norm.hpp"

#include "../catch.hpp"
#include "batch.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <NormShape S, class T>
struct NormCase {
  static constexpr Extent kExtent{S.channels, S.height, S.width};
  std::vector<T> x = random_values<T>(2 * kExtent.block(), 1);
  std::vector<T> dy = random_values<T>(2 * kExtent.block(), 2);
  std::vector<T> weight = random_values<T>(S.affine_elements(), 3);
  std::vector<T> bias = random_values<T>(S.affine_elements(), 4);
  std::vector<T> saved = std::vector<T>(S.saved());
  std::vector<T> running = random_values<T>(2 * std::size_t(S.channels), 5);

  NormCase() {
    for (T& variance : running) variance = std::abs(variance) + T(0.5);
  }
  /// The running statistics are left as they were.
  std::vector<T> forward(Mode mode = Mode::train) {
    const std::vector<T> kept = running;
    std::vector<T> y = forward_running(mode);
    running = kept;
    return y;
  }
  std::vector<T> forward_running(Mode mode) {
    std::vector<T> y(x.size(), T(7));
    batch::norm_forward<S, T>(mode, x.data(), weight.data(), bias.data(), saved.data(),
                              S.statistics == NormStatistics::batch ? running.data() : nullptr,
                              y.data());
    return y;
  }
  /// dx, dweight and dbias one after the other, dx over dy.
  std::vector<T> backward() {
    forward();
    std::vector<T> all = dy;
    std::vector<T> dweight(weight.size()), dbias(bias.size());
    batch::norm_backward<S, T>(x.data(), all.data(), weight.data(), bias.data(), saved.data(),
                               all.data(), dweight.data(), dbias.data());
    all.insert(all.end(), dweight.begin(), dweight.end());
    all.insert(all.end(), dbias.begin(), dbias.end());
    return all;
  }
};

/// The activation by definition.
double plain_activation(Act act, double v, double slope) {
  switch (act) {
    case Act::none:
      return v;
    case Act::relu:
      return v > 0 ? v : 0;
    case Act::gelu:
      return v * 0.5 * (1 + std::erf(v / std::sqrt(2.0)));
    case Act::silu:
      return v / (1 + std::exp(-v));
    case Act::leaky_relu:
      return v > 0 ? v : slope * v;
    case Act::sigmoid:
      return 1 / (1 + std::exp(-v));
  }
  return v;
}

/// Whether (image, channel) shares its statistics with (0-based) set `set`.
template <NormShape S>
int set_of(int image, int channel) {
  if (S.statistics == NormStatistics::batch) return channel;
  return image * S.groups + channel / (S.channels / S.groups);
}

template <NormShape S, class Visit>
void each_element(Visit visit) {
  for (int image = 0; image < S.batch; ++image) {
    for (int channel = 0; channel < S.channels; ++channel) {
      for (int pixel = 0; pixel < S.height * S.width; ++pixel) {
        visit(set_of<S>(image, channel), channel, pixel,
              element_offset({S.channels, S.height, S.width}, image, channel, pixel / S.width,
                             pixel % S.width));
      }
    }
  }
}

template <NormShape S>
std::vector<double> plain_forward(const NormCase<S, double>& c) {
  const std::size_t sets = S.saved() / 2;
  std::vector<double> mean(sets), variance(sets), y(c.x.size());
  const double count = double(c.x.size()) / double(sets);
  each_element<S>(
      [&](int set, int, int, std::size_t i) { mean[std::size_t(set)] += c.x[i] / count; });
  each_element<S>([&](int set, int, int, std::size_t i) {
    const double delta = c.x[i] - mean[std::size_t(set)];
    variance[std::size_t(set)] += delta * delta / count;
  });
  each_element<S>([&](int set, int channel, int pixel, std::size_t i) {
    double value =
        (c.x[i] - mean[std::size_t(set)]) / std::sqrt(variance[std::size_t(set)] + S.epsilon);
    if (S.affine != NormAffine::none) {
      const int place =
          S.affine == NormAffine::channel ? channel : channel * S.height * S.width + pixel;
      value = value * c.weight[std::size_t(place)] + c.bias[std::size_t(place)];
    }
    y[i] = plain_activation(S.act, value, S.slope);
  });
  return y;
}

template <NormShape S>
void check_norm(const char* name) {
  static_assert(S.batch == kBatch);
  INFO(name);
  NormCase<S, double> c;
  CHECK(difference(c.forward(), plain_forward(c)) < 1e-12);

  const auto loss = [&] { return dot(c.forward(), c.dy); };
  const std::vector<double> all = c.backward();
  const auto weight = all.begin() + std::ptrdiff_t(c.x.size());
  const auto bias = weight + std::ptrdiff_t(c.weight.size());
  check_gradient("x", c.x, {all.begin(), weight}, loss);
  check_gradient("weight", c.weight, {weight, bias}, loss);
  check_gradient("bias", c.bias, {bias, all.end()}, loss);

  NormCase<S, float> f;
  CHECK(difference(f.forward(), c.forward()) < 1e-5);
  check_threads([&] { return f.forward(); });
  check_threads([&] { return f.backward(); });
  if (S.act == Act::none) CHECK(difference(f.backward(), all) < 5e-5);
}

constexpr auto kOverBatch = NormStatistics::batch;
constexpr auto kOverGroup = NormStatistics::group;

// NormShape: batch, channels, height, width, statistics, groups, affine, epsilon, momentum, act.
TEST_CASE("batch norm", "[kernels][norm]") {
  check_norm<NormShape{kBatch, 3, 4, 5, kOverBatch, 1, NormAffine::channel}>("channel affine");
  check_norm<NormShape{kBatch, 3, 1, 1, kOverBatch, 1, NormAffine::channel}>("one pixel");
  check_norm<NormShape{kBatch, 3, 3, 3, kOverBatch, 1, NormAffine::none}>("no affine");
  check_norm<NormShape{kBatch, 2, 3, 3, kOverBatch, 1, NormAffine::element}>("element affine");
}

TEST_CASE("group, layer and instance norm", "[kernels][norm]") {
  check_norm<NormShape{kBatch, 6, 4, 3, kOverGroup, 3, NormAffine::channel}>("group");
  check_norm<NormShape{kBatch, 4, 3, 3, kOverGroup, 1, NormAffine::channel}>("layer, per channel");
  check_norm<NormShape{kBatch, 4, 3, 3, kOverGroup, 1, NormAffine::element}>("layer, per element");
  check_norm<NormShape{kBatch, 4, 5, 3, kOverGroup, 4, NormAffine::none}>("instance");
}

TEST_CASE("norm with a fused activation", "[kernels][norm]") {
  check_norm<NormShape{kBatch, 3, 4, 4, kOverBatch, 1, NormAffine::channel, 1e-5, 0.1, Act::relu}>(
      "batch, relu");
  check_norm<NormShape{kBatch, 3, 4, 4, kOverBatch, 1, NormAffine::channel, 1e-5, 0.1, Act::gelu}>(
      "batch, gelu");
  check_norm<NormShape{kBatch, 4, 4, 4, kOverGroup, 2, NormAffine::channel, 1e-5, 0.1, Act::silu}>(
      "group, silu");
  check_norm<NormShape{kBatch, 4, 3, 4, kOverGroup, 1, NormAffine::element, 1e-5, 0.1,
                       Act::leaky_relu, 0.1}>("layer, leaky relu");
  check_norm<NormShape{kBatch, 4, 4, 4, kOverGroup, 2, NormAffine::channel, 1e-5, 0.1,
                       Act::sigmoid}>("group, sigmoid");
}

TEST_CASE("batch norm's running statistics", "[kernels][norm]") {
  constexpr NormShape kShape{kBatch, 2, 3, 3, kOverBatch, 1, NormAffine::none, 1e-5, 0.25};
  NormCase<kShape, double> c;
  const std::vector<double> before = c.running;
  c.forward_running(Mode::train);
  std::vector<double> mean(2), variance(2);
  each_element<kShape>(
      [&](int set, int, int, std::size_t i) { mean[std::size_t(set)] += c.x[i] / 288; });
  each_element<kShape>([&](int set, int, int, std::size_t i) {
    variance[std::size_t(set)] += std::pow(c.x[i] - mean[std::size_t(set)], 2) / 287;
  });
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(c.running[k] == Approx(0.75 * before[k] + 0.25 * mean[k]));
    CHECK(c.running[2 + k] == Approx(0.75 * before[2 + k] + 0.25 * variance[k]));
  }
  const std::vector<double> kept = c.running;
  const std::vector<double> y = c.forward_running(Mode::evaluate);
  CHECK(c.running == kept);
  each_element<kShape>([&](int set, int, int, std::size_t i) {
    const auto k = std::size_t(set);
    REQUIRE(y[i] == Approx((c.x[i] - kept[k]) / std::sqrt(kept[2 + k] + 1e-5)));
  });
}

TEST_CASE("batch norm keeps its precision far from zero", "[kernels][norm]") {
  constexpr NormShape kShape{kBatch, 2, 4, 4, kOverBatch, 1, NormAffine::none};
  NormCase<kShape, float> f;
  NormCase<kShape, double> c;
  for (std::size_t i = 0; i < f.x.size(); ++i) c.x[i] = f.x[i] = f.x[i] + 100.0F;
  CHECK(difference(f.forward(), c.forward()) < 1e-4);  // the mean itself is rounded to 4e-6
}

}  // namespace
