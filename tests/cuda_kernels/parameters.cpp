// Updates, clipping, averages.
#include <array>
#include <cmath>

#include "kernels/cpu/muon.hpp"
#include "kernels/cpu/optimizer.hpp"
#include "kernels/cuda/arena.hpp"
#include "kernels/cuda/muon.hpp"
#include "kernels/cuda/optimizer.hpp"
#include "support.hpp"

// Named, for nvcc: kernels are instantiated for its shapes.
namespace castnet::test::parameters {

constexpr std::size_t kCount = 8000;
/// The parameters from here on are nobody's: they stay.
constexpr std::size_t kCovered = 7400;
constexpr std::array<ParameterGroup, 3> kGroups{{{Slice{0, 300}, 0, 0, 1, 0},
                                                 {Slice{300, 1}, 0.1, 0, 1, 0},
                                                 {Slice{301, kCovered - 301}, 0.05, 0.02, 0.3, 0}}};

/// Three updates on the CPU and on the device, with a zero among the weights (sign(0) is 0). The
/// same formula in float, contracted by two compilers: a few ulps of numbers near 1.
template <class OnCpu, class OnDevice>
void check_updates(const OptimizerRecipe& recipe, OnCpu on_cpu, OnDevice on_device,
                   double tolerance = 1e-6) {
  std::vector<float> w = random_values<float>(kCount, 1);
  w[400] = 0;
  const std::vector<float> start = w, g = random_values<float>(kCount, 2);
  std::vector<float> m(kCount, 0.0F), v(kCount, 0.0F);
  std::vector<Step> steps;
  for (int i = 0; i < 3; ++i) {
    steps.push_back({.number = std::uint64_t(i + 1), .learning_rate = 0.1 / (i + 1)});
  }
  for (const Step& step : steps) on_cpu(step, w.data(), g.data(), m.data(), v.data());
  const std::vector<float> actual = in_any_order([&] {
    Buffer<float> weights(start), gradients(g);
    Buffer<float> first(std::vector<float>(kCount, 0.0F)), second(std::vector<float>(kCount, 0.0F));
    for (const Step& step : steps) {
      Buffer<cuda::DeviceStep> device(
          std::vector<cuda::DeviceStep>{cuda::device_step(step, recipe)});
      on_device(device.data(), weights.data(), gradients.data(), first.data(), second.data());
      device.values();
    }
    return join(weights.values(), join(first.values(), second.values()));
  });
  CHECK(difference(actual, join(w, join(m, v))) < tolerance);
  CHECK(std::equal(start.begin() + kCovered, start.end(), actual.begin() + kCovered));
}

TEST_CASE("cuda sgd", "[cuda][optimizer]") {
  const auto [momentum, nesterov] =
      GENERATE(table<double, bool>({{0, false}, {0.9, false}, {0.9, true}}));
  check_updates(
      {},
      [&](const Step& step, float* w, const float* g, float* m, float*) {
        cpu::sgd_update(kGroups, w, g, m, step.learning_rate, momentum, nesterov);
      },
      [&](const cuda::DeviceStep* step, float* w, const float* g, float* m, float*) {
        cuda::sgd_update(nullptr, kGroups, w, g, momentum == 0 ? nullptr : m, step, momentum,
                         nesterov);
      });
}

TEST_CASE("cuda adam and adamw", "[cuda][optimizer]") {
  const OptimizerRecipe recipe{.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-5};
  check_updates(
      recipe,
      [&](const Step& s, float* w, const float* g, float* m, float* v) {
        cpu::adam_update(kGroups, w, g, m, v, s.number, s.learning_rate, 0.8, 0.95, 1e-5);
      },
      [&](const cuda::DeviceStep* step, float* w, const float* g, float* m, float* v) {
        cuda::adam_update(nullptr, kGroups, w, g, m, v, step, 0.8, 0.95, 1e-5);
      });
  check_updates(
      recipe,
      [&](const Step& s, float* w, const float* g, float* m, float* v) {
        cpu::adamw_update(kGroups, w, g, m, v, s.number, s.learning_rate, 0.8, 0.95, 1e-5);
      },
      [&](const cuda::DeviceStep* step, float* w, const float* g, float* m, float* v) {
        cuda::adamw_update(nullptr, kGroups, w, g, m, v, step, 0.8, 0.95, 1e-5);
      });
}

/// Matrices, wide and tall, and larger than a tile each way, between vectors; more groups than one
/// launch takes.
std::vector<ParameterGroup> muon_groups() {
  std::vector<ParameterGroup> groups = {{Slice{0, 320}, 0.1, 0, 1, 8},
                                        {Slice{320, 20}, 0, 0.02, 3, 0},
                                        {Slice{340, 300}, 0, 0, 0.5, 30}};
  for (std::size_t i = 640; i < 1000; i += 10) groups.push_back({Slice{i, 10}, 0, 0, 1, 2});
  groups.push_back({Slice{1100, 90 * 70}, 0, 0, 1, 90});
  return groups;
}

TEST_CASE("cuda muon", "[cuda][optimizer]") {
  const std::vector<ParameterGroup> groups = muon_groups();
  REQUIRE(groups.size() > cuda::kMuonGroups);
  std::vector<float> scratch(4 * kCount);
  check_updates(
      {},
      [&](const Step& step, float* w, const float* g, float* m, float*) {
        cpu::muon_update(std::span<const ParameterGroup>(groups), w, g, m, scratch.data(),
                         step.learning_rate, 0.9, true);
      },
      [&](const cuda::DeviceStep* step, float* w, const float* g, float* m, float*) {
        Buffer<float> device_scratch(4 * kCount);
        cuda::muon_update(nullptr, groups, w, g, m, device_scratch.data(), step, 0.9, true);
      },
      2e-5);  // five steps of the iteration: rounding grows by up to 3.4 in each
}

/// n gradients clipped to `limit` by both.
void check_clip_norm(std::size_t n, double limit) {
  INFO(n << " gradients, limit " << limit);
  const std::vector<float> start = random_values<float>(n, 1);
  std::vector<float> g = start;
  cpu::clip_norm(n, g.data(), limit);
  double sum = 0;
  for (const float value : start) sum += double(value) * double(value);
  const std::vector<float> actual = in_any_order([&] {
    Buffer<float> gradients(start);
    Buffer<double> factor(1);
    cuda::clip_norm(nullptr, n, gradients.data(), limit, factor.data());
    CHECK(factor.values()[0] == Approx(limit / (std::sqrt(sum) + 1e-6)).epsilon(1e-13));
    return gradients.values();
  });
  CHECK(difference(actual, g) < 1e-7);
  if (g == start) CHECK(same_bits(actual, start));
}

TEST_CASE("cuda clipping", "[cuda][optimizer]") {
  check_clip_norm(1000, 1.5);
  check_clip_norm(1000, 1e3);  // leaves them alone
  check_clip_norm(9001, 0.1);  // more than one turn of the block, and a rest
  check_clip_norm(1, 0.1);

  std::vector<float> g = random_values<float>(1000, 1);
  g[3] = NAN;
  Buffer<float> gradients(g);
  cpu::clip_value(g.size(), g.data(), 0.3);
  cuda::clip_value(nullptr, g.size(), gradients.data(), 0.3);
  CHECK(same_bits(gradients.values(), g));
}

TEST_CASE("cuda clipping of gradients that are not finite", "[cuda][optimizer]") {
  std::vector<float> g = random_values<float>(100, 1);
  g[3] = NAN;
  Buffer<float> gradients(g);
  Buffer<double> factor(1);
  cuda::clip_norm(nullptr, g.size(), gradients.data(), 1.0, factor.data());
  CHECK(std::isnan(gradients.values()[50]));  // as on the CPU: the run must notice
}

TEST_CASE("cuda averages and exchange", "[cuda][optimizer]") {
  const std::vector<float> w = random_values<float>(kCount, 1);
  for (const std::uint64_t number : {1, 2}) {
    std::vector<float> average = random_values<float>(kCount, 2);
    Buffer<float> weights(w), kept(average);
    Buffer<cuda::DeviceStep> step(std::vector<cuda::DeviceStep>{{.number = number}});
    cpu::average_weights(kCount, w.data(), average.data(), 0.9, number);
    cuda::average_weights(nullptr, kCount, weights.data(), kept.data(), 0.9, step.data());
    CHECK(difference(kept.values(), average) < 1e-6);
  }
  const std::vector<float> other = random_values<float>(kCount, 3);
  Buffer<float> a(w), b(other);
  cuda::swap(nullptr, kCount, a.data(), b.data());
  CHECK(same_bits(a.values(), other));
  CHECK(same_bits(b.values(), w));
}

}  // namespace castnet::test::parameters
