// Fully connected layers, loss and optimizers.
#include <algorithm>
#include <array>
#include <numeric>

#include "../catch.hpp"
#include "batch.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loss.hpp"
#include "kernels/cpu/muon.hpp"
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
    batch::linear_forward<S>(x.data(), weight.data(), S.bias ? bias.data() : nullptr, y.data());
    return y;
  };
  double expected = S.bias ? bias[1] : 0;
  for (int i = 0; i < S.in_features; ++i) {
    expected +=
        weight[std::size_t(S.in_features + i)] * element(x, {S.in_features, 1, 1}, 18, i, 0, 0);
  }
  CHECK(element(forward(), {S.out_features, 1, 1}, 18, 1, 0, 0) == Approx(expected));

  std::vector<double> dx(x.size()), dweight(weight.size()), dbias(bias.size());
  batch::linear_backward_data<S>(dy.data(), weight.data(), dx.data());
  batch::linear_backward_weight<S>(x.data(), dy.data(), dweight.data(), dbias.data());
  const auto loss = [&] { return dot(forward(), dy); };
  check_gradient("x", x, dx, loss);
  check_gradient("weight", weight, dweight, loss);
  if (S.bias) check_gradient("bias", bias, dbias, loss);
  check_threads([&] {
    batch::linear_backward_weight<S>(x.data(), dy.data(), dweight.data(), dbias.data());
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
  batch::cross_entropy_forward<kLoss>(logits.data(), targets.data(), probabilities.data(),
                                      losses.data());
  return std::accumulate(losses.begin(), losses.end(), 0.0) / kBatch;
}

TEST_CASE("a logit whose exponential is infinite gives its loss, whichever class has it",
          "[kernels][loss]") {
  for (std::size_t large = 0; large < 5; ++large) {
    std::vector<double> logits(kBatch * 5), probabilities(kBatch * 5), targets(kBatch * 5);
    for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = i / 16 % 5 == large ? 800 : 0;
    for (std::size_t image = 0; image < kBatch; ++image) targets[image * 5 + large] = 1;
    CHECK(mean_loss(logits, targets, probabilities) == 0);
    std::ranges::fill(targets, 0.2);
    CHECK(mean_loss(logits, targets, probabilities) == Approx(800 * 0.8));
  }
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
    batch::cross_entropy_backward<kLoss>(probabilities.data(), targets.data(), dlogits.data());
    for (double& d : dlogits) d *= kBatch;  // the mean's gradients are small: check the sum's
    std::vector<double> spare = probabilities;
    check_gradient("logits", logits, dlogits,
                   [&] { return kBatch * mean_loss(logits, targets, spare); });
  }
}

TEST_CASE("cross-entropy of huge logits is finite", "[kernels][loss]") {
  std::vector<float> logits(16 * 2, 1e4F), probabilities(32), losses(16), targets(32, 0.5F);
  batch::cross_entropy_forward<LossShape{16, 2}>(logits.data(), targets.data(),
                                                 probabilities.data(), losses.data());
  CHECK(losses[0] == Approx(std::log(2.0)).margin(1e-3));
}

/// One weight under these factors.
std::array<ParameterGroup, 1> group(double weight_decay, double l1, double rate = 1) {
  return {{{{0, 1}, weight_decay, l1, rate, 0}}};
}

// One weight, worked by hand; torch.optim gives the same.
TEST_CASE("SGD", "[kernels][optimizer]") {
  double w = 1, velocity = 0;
  const double g = 0.5;
  sgd_update<double>(group(0.2, 0.3), &w, &g, nullptr, 0.1, 0, false);
  CHECK(w == Approx(1 - 0.1 * (0.5 + 0.2 + 0.3)));
  w = 1;
  sgd_update<double>(group(0, 0), &w, &g, &velocity, 0.1, 0.9, false);
  CHECK(w == Approx(0.95));
  sgd_update<double>(group(0, 0), &w, &g, &velocity, 0.1, 0.9, false);
  CHECK(w == Approx(0.95 - 0.1 * 0.95));
  w = 1, velocity = 0;
  sgd_update<double>(group(0, 0), &w, &g, &velocity, 0.1, 0.9, true);
  CHECK(w == Approx(1 - 0.1 * 0.95));
}

TEST_CASE("Adam and AdamW", "[kernels][optimizer]") {
  double w = 1, m = 0, v = 0;
  const double g = 0.5;
  adam_update<double>(group(0, 0), &w, &g, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8);
  CHECK(w == Approx(0.9));  // the first step is rate * sign(g)
  const double g2 = -1;
  adam_update<double>(group(0, 0), &w, &g2, &m, &v, 2, 0.1, 0.9, 0.999, 1e-8);
  const double mean = (0.9 * 0.05 - 0.1) / (1 - 0.81);
  const double square = (0.999 * 0.00025 + 0.001) / (1 - 0.998001);
  CHECK(w == Approx(0.9 - 0.1 * mean / std::sqrt(square)));
  w = 1, m = 0, v = 0;
  adamw_update<double>(group(0.5, 0), &w, &g, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8);
  CHECK(w == Approx(1 - 0.05 - 0.1));
}

// An epsilon as large as the root tells where it is added. Two steps, by hand.
TEST_CASE("Adam adds epsilon to the corrected root", "[kernels][optimizer]") {
  double w = 1, m = 0, v = 0;
  const double g = 0.5, epsilon = 0.5;
  adam_update<double>(group(0, 0), &w, &g, &m, &v, 1, 0.1, 0.9, 0.999, epsilon);
  CHECK(m == Approx(0.05));
  CHECK(v == Approx(0.00025));
  CHECK(w == Approx(1 - 0.1 * 0.5 / (0.5 + 0.5)));  // both moments are the gradient's, corrected
  const double g2 = -1;
  adam_update<double>(group(0, 0), &w, &g2, &m, &v, 2, 0.1, 0.9, 0.999, epsilon);
  const double mean = (0.9 * 0.05 - 0.1) / (1 - 0.81);
  const double square = (0.999 * 0.00025 + 0.001) / (1 - 0.998001);
  CHECK(w == Approx(0.95 - 0.1 * mean / (std::sqrt(square) + 0.5)));
}

TEST_CASE("Adam adds its penalties to the gradient, AdamW shrinks the weight alone",
          "[kernels][optimizer]") {
  // Both moments see the gradient with its penalties: 0.5 + 0.25 * 2 + 0.125.
  double w = 2, m = 0, v = 0;
  const double g = 0.5;
  adam_update<double>(group(0.25, 0.125), &w, &g, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8);
  CHECK(m == Approx(0.1 * 1.125));
  CHECK(v == Approx(0.001 * 1.125 * 1.125));
  w = 2, m = 0, v = 0;
  adamw_update<double>(group(0.25, 0.125), &w, &g, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8);
  CHECK(m == Approx(0.1 * 0.625));
  CHECK(v == Approx(0.001 * 0.625 * 0.625));
  CHECK(w == Approx(2 * (1 - 0.1 * 0.25) - 0.1));
}

TEST_CASE("L1 neither moves a weight of zero nor grows with the weight", "[kernels][optimizer]") {
  std::array<double, 4> w = {0, 3, -3, 0.5};
  const std::array<double, 4> g = {};
  const std::array<ParameterGroup, 1> all = {{{{0, 4}, 0, 0.25, 1, 0}}};
  sgd_update<double>(all, w.data(), g.data(), nullptr, 0.1, 0, false);
  CHECK(w[0] == 0);
  CHECK(w[1] == Approx(3 - 0.025));
  CHECK(w[2] == Approx(-3 + 0.025));
  CHECK(w[3] == Approx(0.5 - 0.025));
}

TEST_CASE("groups have penalties and rates of their own", "[kernels][optimizer]") {
  std::array<double, 3> w = {1, 1, -1};
  const std::array<double, 3> g = {};
  const std::array<ParameterGroup, 2> groups = {{{{0, 1}, 0.5, 0, 1, 0}, {{1, 2}, 0, 0.25, 3, 0}}};
  sgd_update<double>(groups, w.data(), g.data(), nullptr, 0.1, 0, false);
  CHECK(w[0] == Approx(0.95));
  CHECK(w[1] == Approx(0.925));
  CHECK(w[2] == Approx(-0.925));

  double one = 1, m = 0, v = 0;
  const double gradient = 0.5;
  adam_update<double>(group(0, 0, 2), &one, &gradient, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8);
  CHECK(one == Approx(0.8));  // the first step is rate * sign(g)
  one = 1, m = 0, v = 0;
  adamw_update<double>(group(0.5, 0, 2), &one, &gradient, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8);
  CHECK(one == Approx(1 - 0.1 - 0.2));
}

/// What Muon's iteration makes of a singular value, `share` of the matrix's norm.
double newton_schulz(double share) {
  for (int step = 0; step < 5; ++step) {
    share = 3.4445 * share - 4.7750 * std::pow(share, 3) + 2.0315 * std::pow(share, 5);
  }
  return share;
}

/// rows x columns: turns of `singular` about two axes on either side.
std::vector<double> turned(std::size_t rows, std::size_t columns,
                           const std::vector<double>& singular) {
  std::vector<double> m(rows * columns, 0.0);
  for (std::size_t i = 0; i < singular.size(); ++i) m[i * columns + i] = singular[i];
  const double c = std::cos(0.7), s = std::sin(0.7);
  for (std::size_t k = 0; k < columns; ++k) {  // rows 0 and 1
    const double a = m[k], b = m[columns + k];
    m[k] = c * a - s * b, m[columns + k] = s * a + c * b;
  }
  for (std::size_t k = 0; k < rows; ++k) {  // the first and the last column
    double &a = m[k * columns], &b = m[(k + 1) * columns - 1];
    const double x = a;
    a = c * x - s * b, b = s * x + c * b;
  }
  return m;
}

TEST_CASE("Muon's steps have singular values of about 1", "[kernels][optimizer]") {
  const auto [rows, columns] = GENERATE(table<std::size_t, std::size_t>({{3, 5}, {5, 3}, {3, 3}}));
  INFO(rows << " x " << columns);
  const std::vector<double> singular = {3, 1, 0.2};
  const double norm = std::sqrt(9 + 1 + 0.04) + 1e-7;
  std::vector<double> values;
  for (const double one : singular) values.push_back(newton_schulz(one / norm));
  const std::vector<double> expected = turned(rows, columns, values);
  const std::vector<double> g = turned(rows, columns, singular);
  std::vector<double> w(15, 2.0), velocity(15), scratch(60);
  const std::array<ParameterGroup, 1> groups = {{{{0, rows * columns}, 0.5, 0, 3, int(rows)}}};
  muon_update<double>(groups, w.data(), g.data(), velocity.data(), scratch.data(), 0.1, 0.9, true);
  const double size = 0.3 * std::sqrt(std::max(1.0, double(rows) / double(columns)));
  for (std::size_t i = 0; i < rows * columns; ++i) {
    CHECK(w[i] == Approx(2 * (1 - 0.3 * 0.5) - size * expected[i]).margin(1e-12));
    CHECK(velocity[i] == g[i]);
  }
}

TEST_CASE("Muon takes SGD's step where there is no matrix", "[kernels][optimizer]") {
  const bool nesterov = GENERATE(false, true);
  std::vector<double> w = {1, -2, 3}, velocity(3), scratch(12);
  std::vector<double> sgd = w, sgd_velocity(3);
  const std::vector<double> g = {0.1, 0.2, -0.3};
  const std::array<ParameterGroup, 1> groups = {{{{0, 3}, 0, 0.01, 2, 0}}};
  for (int step = 0; step < 3; ++step) {
    muon_update<double>(groups, w.data(), g.data(), velocity.data(), scratch.data(), 0.1, 0.9,
                        nesterov);
    sgd_update<double>(groups, sgd.data(), g.data(), sgd_velocity.data(), 0.1, 0.9, nesterov);
  }
  CHECK(difference(w, sgd) < 1e-14);
}

TEST_CASE("Muon leaves a matrix without a gradient where it is", "[kernels][optimizer]") {
  std::vector<double> w = {1, 2, 3, 4}, velocity(4), scratch(16);
  const std::vector<double> g(4);
  const std::array<ParameterGroup, 1> groups = {{{{0, 4}, 0, 0, 1, 2}}};
  muon_update<double>(groups, w.data(), g.data(), velocity.data(), scratch.data(), 0.1, 0.9, true);
  CHECK(w == std::vector<double>{1, 2, 3, 4});
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
  g = {2, -0.25};
  clip_value(2, g.data(), 0.5);
  CHECK(g == std::vector<double>{0.5, -0.25});
  g = {0.3, 0.4};  // of norm 0.5
  clip_norm(2, g.data(), 0.75);
  CHECK(g == std::vector<double>{0.3, 0.4});
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
