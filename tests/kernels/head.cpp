// Fully connected layers, loss and optimizers.
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

double mean_loss(const std::vector<double>& logits, const std::vector<std::int32_t>& labels,
                 double smoothing, std::vector<double>& probabilities) {
  std::vector<double> losses(kBatch);
  cross_entropy_forward<kLoss>(logits.data(), labels.data(), smoothing, probabilities.data(),
                               losses.data());
  return std::accumulate(losses.begin(), losses.end(), 0.0) / kBatch;
}

TEST_CASE("cross-entropy with label smoothing", "[kernels][loss]") {
  std::vector<double> logits = random_values<double>(kBatch * 5, 1);
  std::vector<double> probabilities(logits.size()), dlogits(logits.size());
  std::vector<std::int32_t> labels(kBatch);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = std::int32_t(i % 5);
  for (const double smoothing : {0.0, 0.1}) {
    double expected = 0;  // against the definition: targets are (1 - s) onehot + s / K
    for (int image = 0; image < kBatch; ++image) {
      double total = 0;
      for (int k = 0; k < 5; ++k) total += std::exp(element(logits, {5, 1, 1}, image, k, 0, 0));
      for (int k = 0; k < 5; ++k) {
        const double target = smoothing / 5 + (k == labels[std::size_t(image)] ? 1 - smoothing : 0);
        expected -=
            target * (element(logits, {5, 1, 1}, image, k, 0, 0) - std::log(total)) / kBatch;
      }
    }
    CHECK(mean_loss(logits, labels, smoothing, probabilities) == Approx(expected));
    cross_entropy_backward<kLoss>(probabilities.data(), labels.data(), smoothing, dlogits.data());
    for (double& d : dlogits) d *= kBatch;  // the mean's gradients are small: check the sum's
    std::vector<double> spare = probabilities;
    check_gradient("logits", logits, dlogits,
                   [&] { return kBatch * mean_loss(logits, labels, smoothing, spare); });
  }
}

TEST_CASE("cross-entropy of huge logits is finite", "[kernels][loss]") {
  std::vector<float> logits(16 * 2, 1e4F), probabilities(32), losses(16);
  const std::vector<std::int32_t> labels(16, 0);
  cross_entropy_forward<LossShape{16, 2}>(logits.data(), labels.data(), 0, probabilities.data(),
                                          losses.data());
  CHECK(losses[0] == Approx(std::log(2.0)).margin(1e-3));
}

// One weight, worked by hand; torch.optim gives the same.
TEST_CASE("SGD", "[kernels][optimizer]") {
  double w = 1, velocity = 0;
  const double g = 0.5;
  sgd_update<double>(1, &w, &g, nullptr, 0.1, 0, false, 0.2, 0.3);
  CHECK(w == Approx(1 - 0.1 * (0.5 + 0.2 + 0.3)));
  w = 1;
  sgd_update<double>(1, &w, &g, &velocity, 0.1, 0.9, false, 0, 0);
  CHECK(w == Approx(0.95));
  sgd_update<double>(1, &w, &g, &velocity, 0.1, 0.9, false, 0, 0);
  CHECK(w == Approx(0.95 - 0.1 * 0.95));
  w = 1, velocity = 0;
  sgd_update<double>(1, &w, &g, &velocity, 0.1, 0.9, true, 0, 0);
  CHECK(w == Approx(1 - 0.1 * 0.95));
}

TEST_CASE("Adam and AdamW", "[kernels][optimizer]") {
  double w = 1, m = 0, v = 0;
  const double g = 0.5;
  adam_update<double>(1, &w, &g, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8, 0, 0);
  CHECK(w == Approx(0.9));  // the first step is rate * sign(g)
  const double g2 = -1;
  adam_update<double>(1, &w, &g2, &m, &v, 2, 0.1, 0.9, 0.999, 1e-8, 0, 0);
  const double mean = (0.9 * 0.05 - 0.1) / (1 - 0.81);
  const double square = (0.999 * 0.00025 + 0.001) / (1 - 0.998001);
  CHECK(w == Approx(0.9 - 0.1 * mean / std::sqrt(square)));
  w = 1, m = 0, v = 0;
  adamw_update<double>(1, &w, &g, &m, &v, 1, 0.1, 0.9, 0.999, 1e-8, 0.5, 0);
  CHECK(w == Approx(1 - 0.05 - 0.1));
}

}  // namespace
