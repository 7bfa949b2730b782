// Fully connected layers, loss and optimizers.
#include <array>
#include <catch2/catch.hpp>
#include <numeric>

#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loss.hpp"
#include "kernels/cpu/optimizer.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <LinearShape S>
void check_linear() {
  std::vector<double> x = random_values<double>(std::size_t(S.batch * S.in_features), 1);
  std::vector<double> weight = random_values<double>(S.weights(), 2);
  std::vector<double> bias = random_values<double>(std::size_t(S.out_features), 3);
  const std::vector<double> dy = random_values<double>(std::size_t(S.batch * S.out_features), 4);
  const auto forward = [&] {
    std::vector<double> y(dy.size());
    linear_forward<S>(x.data(), weight.data(), S.bias ? bias.data() : nullptr, y.data());
    return y;
  };
  double expected = S.bias ? bias[1] : 0;
  for (int i = 0; i < S.in_features; ++i) {
    expected +=
        weight[std::size_t(S.in_features + i)] * element(x, {S.in_features, 1, 1}, 18, i, 0, 0);
  }
  CHECK(element(forward(), {S.out_features, 1, 1}, 18, 1, 0, 0) == Approx(expected));

  std::vector<double> dx(x.size()), dweight(weight.size()), dbias(bias.size());
  std::vector<double> scratch(S.scratch());
  linear_backward_data<S>(dy.data(), weight.data(), dx.data());
  linear_backward_weight<S>(x.data(), dy.data(), scratch.data(), dweight.data(), dbias.data());
  const auto loss = [&] { return dot(forward(), dy); };
  check_gradient("x", x, dx, loss);
  check_gradient("weight", weight, dweight, loss);
  if (S.bias) check_gradient("bias", bias, dbias, loss);
  check_threads([&] {
    linear_backward_weight<S>(x.data(), dy.data(), scratch.data(), dweight.data(), dbias.data());
    return dweight;
  });
}

TEST_CASE("fully connected", "[kernels][linear]") {
  check_linear<LinearShape{kBatch, 12, 10}>();
  check_linear<LinearShape{kBatch, 7, 3, false}>();
}

constexpr LossShape kLoss{kBatch, 5};

double mean_loss(const std::vector<double>& logits, const std::vector<double>& targets,
                 std::vector<double>& probabilities) {
  std::vector<double> losses(kBatch);
  cross_entropy_forward<kLoss>(logits.data(), targets.data(), probabilities.data(), losses.data());
  return std::accumulate(losses.begin(), losses.end(), 0.0) / kBatch;
}

TEST_CASE("cross-entropy against distributions", "[kernels][loss]") {
  std::vector<double> logits = random_values<double>(kBatch * 5, 1);
  std::vector<double> probabilities(logits.size()), dlogits(logits.size());
  for (const double smoothing : {0.0, 0.1}) {
    std::vector<double> targets(kBatch * 5, smoothing / 5);
    for (std::size_t i = 0; i < kBatch; ++i) targets[i * 5 + i % 5] += 1 - smoothing;
    double expected = 0;  // against the definition
    for (int image = 0; image < kBatch; ++image) {
      double total = 0;
      for (int k = 0; k < 5; ++k) total += std::exp(element(logits, {5, 1, 1}, image, k, 0, 0));
      for (int k = 0; k < 5; ++k) {
        expected -= targets[std::size_t(image * 5 + k)] *
                    (element(logits, {5, 1, 1}, image, k, 0, 0) - std::log(total)) / kBatch;
      }
    }
    CHECK(mean_loss(logits, targets, probabilities) == Approx(expected));
    cross_entropy_backward<kLoss>(probabilities.data(), targets.data(), dlogits.data());
    for (double& d : dlogits) d *= kBatch;  // the mean's gradients are small: check the sum's
    std::vector<double> spare = probabilities;
    check_gradient("logits", logits, dlogits,
                   [&] { return kBatch * mean_loss(logits, targets, spare); });
  }
}

TEST_CASE("cross-entropy of huge logits is finite", "[kernels][loss]") {
  std::vector<float> logits(16 * 2, 1e4F), probabilities(32), losses(16), targets(32, 0.5F);
  cross_entropy_forward<LossShape{16, 2}>(logits.data(), targets.data(), probabilities.data(),
                                          losses.data());
  CHECK(losses[0] == Approx(std::log(2.0)).margin(1e-3));
}

/// One weight under these factors.
std::array<Penalty, 1> penalty(double weight_decay, double l1) {
  return {{{{0, 1}, weight_decay, l1}}};
}

// One weight, worked by hand; torch.optim gives the same.
TEST_CASE("SGD", "[kernels][optimizer]") {
  double w = 1, velocity = 0;
  const double g = 0.5;
  sgd_update<double>(penalty(0.2, 0.3), &w, &g, nullptr, 0.1, 0, false);
  CHECK(w == Approx(1 - 0.1 * (0.5 + 0.2 + 0.3)));
  w = 1;
  sgd_update<double>(penalty(0, 0), &w, &g, &velocity, 0.1, 0.9, false);
  CHECK(w == Approx(0.95));
  sgd_update<double>(penalty(0, 0), &w, &g, &velocity, 0.1, 0.9, false);
  CHECK(w == Approx(0.95 - 0.1 * 0.95));
  w = 1, velocity = 0;
  sgd_update<double>(penalty(0, 0), &w, &g, &velocity, 0.1, 0.9, true);
  CHECK(w == Approx(1 - 0.1 * 0.95));
}

TEST_CASE("Adam and AdamW", "[kernels][optimizer]") {
  double w = 1, m = 0, v = 0;
  const double g = 0.5;
  adam_update<double>(penalty(0, 0), &w, &g, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8);
  CHECK(w == Approx(0.9));  // the first step is rate * sign(g)
  const double g2 = -1;
  adam_update<double>(penalty(0, 0), &w, &g2, &m, &v, 2, 0.1, 0.9, 0.999, 1e-8);
  const double mean = (0.9 * 0.05 - 0.1) / (1 - 0.81);
  const double square = (0.999 * 0.00025 + 0.001) / (1 - 0.998001);
  CHECK(w == Approx(0.9 - 0.1 * mean / std::sqrt(square)));
  w = 1, m = 0, v = 0;
  adamw_update<double>(penalty(0.5, 0), &w, &g, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8);
  CHECK(w == Approx(1 - 0.05 - 0.1));
}

TEST_CASE("penalties hold for their parameters alone", "[kernels][optimizer]") {
  std::array<double, 3> w = {1, 1, -1};
  const std::array<double, 3> g = {};
  const std::array<Penalty, 2> penalties = {{{{0, 1}, 0.5, 0}, {{1, 2}, 0, 0.25}}};
  sgd_update<double>(penalties, w.data(), g.data(), nullptr, 0.1, 0, false);
  CHECK(w[0] == Approx(0.95));
  CHECK(w[1] == Approx(0.975));
  CHECK(w[2] == Approx(-0.975));
}

TEST_CASE("gradient clipping", "[kernels][optimizer]") {
  std::vector<double> g = {3, -4};
  clip_norm(2, g.data(), 10.0);
  CHECK(g == std::vector<double>{3, -4});
  clip_norm(2, g.data(), 1.0);
  CHECK(g[0] == Approx(0.6));
  CHECK(g[1] == Approx(-0.8));
  clip_value(2, g.data(), 0.7);
  CHECK(g[0] == Approx(0.6));
  CHECK(g[1] == Approx(-0.7));
}

TEST_CASE("averaged weights start as a copy and then lag", "[kernels][optimizer]") {
  double w = 2, average = 0;
  average_weights(1, &w, &average, 0.9, 1);
  CHECK(average == 2);
  w = 3;
  average_weights(1, &w, &average, 0.9, 2);
  CHECK(average == Approx(2.1));
}

}  // namespace
