// Activations, pooling, fully connected layers, the loss and optimizers against PyTorch's.
#include <array>
#include <catch2/catch.hpp>

#include "kernels/cpu/activation.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loss.hpp"
#include "kernels/cpu/optimizer.hpp"
#include "kernels/cpu/pool.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 16;

std::vector<float> scaled(std::vector<float> values, float factor) {
  for (float& value : values) value *= factor;
  return values;
}

template <Act A>
void check_activation(const std::string& name) {
  constexpr Extent kExtent{2, 3, 4};
  constexpr ActShape kShape{kBatch, 2, 3, 4, A, 0.1};
  const auto x = scaled(pattern_images(kBatch, kExtent, 1), 4);
  const auto dy = pattern_images(kBatch, kExtent, 4);
  std::vector<float> y(x.size()), dx(x.size());
  activation_forward<kShape>(x.data(), y.data());
  activation_backward<kShape>(x.data(), dy.data(), dx.data());
  check_images("activation/" + name + "/y", kExtent, y);
  check_images("activation/" + name + "/d_x", kExtent, scaled(dx, 4));  // by the chain rule
}

TEST_CASE("activations equal PyTorch's", "[pytorch]") {
  check_activation<Act::relu>("relu");
  check_activation<Act::gelu>("gelu");
  check_activation<Act::silu>("silu");
  check_activation<Act::leaky_relu>("leaky_relu");
}

constexpr Extent kPoolInput{2, 6, 7};

template <PoolShape S>
void check_pool(const std::string& name) {
  constexpr Extent kOutput{S.channels, S.out_height(), S.out_width()};
  const auto x = pattern_images(kBatch, kPoolInput, 1);
  const auto dy = pattern_images(kBatch, kOutput, 4);
  std::vector<float> y(dy.size()), dx(x.size());
  pool_forward<S>(x.data(), y.data());
  pool_backward<S>(x.data(), dy.data(), dx.data());
  check_images("pool/" + name + "/y", kOutput, y);
  check_images("pool/" + name + "/d_x", kPoolInput, dx);
}

TEST_CASE("pooling equals PyTorch's", "[pytorch]") {
  check_pool<PoolShape{kBatch, 2, 6, 7, 2, 2, 0, false}>("max");
  check_pool<PoolShape{kBatch, 2, 6, 7, 3, 2, 1, false}>("max_overlap");
  check_pool<PoolShape{kBatch, 2, 6, 7, 2, 2, 0, true}>("average");
  check_pool<PoolShape{kBatch, 2, 6, 7, 3, 2, 1, true}>("average_padded");

  constexpr GlobalPoolShape kShape{kBatch, 2, 6, 7};
  constexpr Extent kOutput{2, 1, 1};
  const auto x = pattern_images(kBatch, kPoolInput, 1);
  const auto dy = pattern_images(kBatch, kOutput, 4);
  std::vector<float> y(dy.size()), dx(x.size());
  global_pool_forward<kShape>(x.data(), y.data());
  global_pool_backward<kShape>(dy.data(), dx.data());
  check_images("pool/global/y", kOutput, y);
  check_images("pool/global/d_x", kPoolInput, dx);
}

TEST_CASE("fully connected layers equal PyTorch's", "[pytorch]") {
  constexpr LinearShape kShape{kBatch, 7, 5, true};
  constexpr Extent kInput{7, 1, 1}, kOutput{5, 1, 1};
  const auto x = pattern_images(kBatch, kInput, 1);
  const auto weight = pattern(kShape.weights(), 2);
  const auto bias = pattern(5, 3);
  const auto dy = pattern_images(kBatch, kOutput, 4);
  std::vector<float> y(dy.size()), dx(x.size()), dweight(weight.size()), dbias(bias.size());
  std::vector<float> scratch(kShape.scratch());
  linear_forward<kShape>(x.data(), weight.data(), bias.data(), y.data());
  linear_backward_data<kShape>(dy.data(), weight.data(), dx.data());
  linear_backward_weight<kShape>(x.data(), dy.data(), scratch.data(), dweight.data(), dbias.data());
  check_images("linear/y", kOutput, y);
  check_images("linear/d_x", kInput, dx);
  check_flat("linear/d_weight", dweight);
  check_flat("linear/d_bias", dbias);
}

void check_loss(const std::string& name, double smoothing) {
  constexpr LossShape kShape{kBatch, 10};
  constexpr Extent kLogits{10, 1, 1};
  const auto logits = scaled(pattern_images(kBatch, kLogits, 1), 5);
  const auto labels = labels_of(kBatch, 5);
  std::vector<float> targets(logits.size(), float(smoothing / 10));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    targets[i * 10 + std::size_t(labels[i])] += float(1 - smoothing);
  }
  std::vector<float> probabilities(logits.size()), losses(kBatch), dlogits(logits.size());
  cross_entropy_forward<kShape>(logits.data(), targets.data(), probabilities.data(), losses.data());
  cross_entropy_backward<kShape>(probabilities.data(), targets.data(), dlogits.data());
  check_flat("loss/" + name + "/losses", losses);
  check_flat("loss/" + name + "/probabilities", probabilities);
  check_images("loss/" + name + "/d_logits", kLogits, dlogits);
}

TEST_CASE("cross-entropy equals PyTorch's", "[pytorch]") {
  check_loss("plain", 0);
  check_loss("smoothed", 0.1);
}

/// 40 weights under one weight decay.
std::array<Penalty, 1> decay_of(double factor) { return {{{{0, 40}, factor, 0}}}; }

/// Five updates of 40 weights; `update(number, w, g)` is one.
template <class Update>
void check_optimizer(const std::string& name, Update update) {
  auto w = pattern(40, 1);
  for (std::uint32_t step = 0; step < 5; ++step) {
    const auto g = pattern(40, 10 + step);
    update(step + 1, w.data(), g.data());
  }
  check_flat("optimizer/" + name, w);
}

TEST_CASE("optimizers equal PyTorch's", "[pytorch]") {
  const auto sgd = [](double momentum, bool nesterov, double decay) {
    return [=, velocity = std::vector<float>(40)](std::uint64_t, float* w, const float* g) mutable {
      sgd_update<float>(decay_of(decay), w, g, velocity.data(), 0.1, momentum, nesterov);
    };
  };
  check_optimizer("sgd", sgd(0, false, 0.01));
  check_optimizer("momentum", sgd(0.9, false, 0));
  check_optimizer("nesterov", sgd(0.9, true, 0.01));

  std::vector<float> m(40), v(40);
  check_optimizer("adam", [&](std::uint64_t number, float* w, const float* g) {
    adam_update<float>(decay_of(0.01), w, g, m.data(), v.data(), number, 0.01, 0.8, 0.99, 1e-8);
  });
  m.assign(40, 0);
  v.assign(40, 0);
  check_optimizer("adamw", [&](std::uint64_t number, float* w, const float* g) {
    adamw_update<float>(decay_of(0.1), w, g, m.data(), v.data(), number, 0.01, 0.8, 0.99, 1e-8);
  });
}

}  // namespace
