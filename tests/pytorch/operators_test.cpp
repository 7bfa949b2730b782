// Activations, pooling, fully connected layers and the loss against PyTorch's.
#include <array>
#include <numeric>

#include "../catch.hpp"
#include "../kernels/batch.hpp"
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
  batch::activation_forward<kShape>(x.data(), y.data());
  const float* const kept = A == Act::sigmoid ? y.data() : x.data();
  batch::activation_backward<kShape>(kept, dy.data(), dx.data());
  check_images("activation/" + name + "/y", kExtent, y);
  check_images("activation/" + name + "/d_x", kExtent, scaled(dx, 4));  // by the chain rule
}

TEST_CASE("activations equal PyTorch's", "[pytorch]") {
  check_activation<Act::relu>("relu");
  check_activation<Act::gelu>("gelu");
  check_activation<Act::silu>("silu");
  check_activation<Act::leaky_relu>("leaky_relu");
  check_activation<Act::sigmoid>("sigmoid");
}

constexpr Extent kPoolInput{2, 6, 7};

template <PoolShape S>
void check_pool(const std::string& name) {
  constexpr Extent kOutput{S.channels, S.out_height(), S.out_width()};
  const auto x = pattern_images(kBatch, kPoolInput, 1);
  const auto dy = pattern_images(kBatch, kOutput, 4);
  std::vector<float> y(dy.size()), dx(x.size());
  batch::pool_forward<S>(x.data(), y.data());
  batch::pool_backward<S>(x.data(), dy.data(), dx.data());
  check_images("pool/" + name + "/y", kOutput, y);
  check_images("pool/" + name + "/d_x", kPoolInput, dx);
}

TEST_CASE("pooling equals PyTorch's", "[pytorch]") {
  check_pool<PoolShape{kBatch, 2, 6, 7, 2, 2, 0, false}>("max");
  check_pool<PoolShape{kBatch, 2, 6, 7, 3, 2, 1, false}>("max_overlap");
  check_pool<PoolShape{kBatch, 2, 6, 7, 2, 2, 0, true}>("average");
  check_pool<PoolShape{kBatch, 2, 6, 7, 3, 1, 0, true}>("average_overlap");
  check_pool<PoolShape{kBatch, 2, 6, 7, 3, 2, 1, true}>("average_padded");

  constexpr MapShape kShape{kBatch, 2, 6, 7};
  constexpr Extent kOutput{2, 1, 1};
  const auto x = pattern_images(kBatch, kPoolInput, 1);
  const auto dy = pattern_images(kBatch, kOutput, 4);
  std::vector<float> y(dy.size()), dx(x.size());
  batch::global_pool_forward<kShape>(x.data(), y.data());
  batch::global_pool_backward<kShape>(dy.data(), dx.data());
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
  batch::linear_forward<kShape>(x.data(), weight.data(), bias.data(), y.data());
  batch::linear_backward_data<kShape>(dy.data(), weight.data(), dx.data());
  batch::linear_backward_weight<kShape>(x.data(), dy.data(), dweight.data(), dbias.data());
  check_images("linear/y", kOutput, y);
  check_images("linear/d_x", kInput, dx);
  check_flat("linear/d_weight", dweight);
  check_flat("linear/d_bias", dbias);
}

using Row = std::array<double, 10>;

/// `target(image)` is the distribution of an image.
template <class Target>
void check_loss(const std::string& name, Target target) {
  constexpr LossShape kShape{kBatch, 10};
  constexpr Extent kLogits{10, 1, 1};
  const auto logits = scaled(pattern_images(kBatch, kLogits, 1), 5);
  std::vector<float> targets;
  for (std::size_t image = 0; image < kBatch; ++image) {
    for (const double share : target(image)) targets.push_back(float(share));
  }
  std::vector<float> probabilities(logits.size()), losses(kBatch), dlogits(logits.size());
  batch::cross_entropy_forward<kShape>(logits.data(), targets.data(), probabilities.data(),
                                       losses.data());
  batch::cross_entropy_backward<kShape>(probabilities.data(), targets.data(), dlogits.data());
  check_flat("loss/" + name + "/losses", losses);
  check_flat("loss/" + name + "/probabilities", probabilities);
  check_close("d_logits", interleaved(kLogits, dlogits, true),
              operators()["loss/" + name + "/d_logits"], kOperatorTolerance);
}

/// The label of `image`, with `smoothing` of it spread evenly.
Row smoothed(std::size_t image, double smoothing) {
  Row row;
  row.fill(smoothing / 10);
  row[std::size_t(labels_of(kBatch, 5)[image])] += 1 - smoothing;
  return row;
}

/// oracle/operators.py's `mixed_targets`.
Row mixed(std::size_t image) {
  const double share = (pattern_at(image, 6) + 1) / 2;
  Row row{};
  row[std::size_t(labels_of(kBatch, 5)[image])] += share;
  row[std::size_t(labels_of(kBatch, 7)[image])] += 1 - share;
  return row;
}

/// oracle/operators.py's `soft_targets`.
Row soft(std::size_t image) {
  Row row;
  for (std::size_t k = 0; k < row.size(); ++k) row[k] = pattern_at(image * 10 + k, 8) + 1.125;
  const double total = std::accumulate(row.begin(), row.end(), 0.0);
  for (double& share : row) share /= total;
  return row;
}

TEST_CASE("cross-entropy equals PyTorch's", "[pytorch]") {
  check_loss("plain", [](std::size_t image) { return smoothed(image, 0); });
  check_loss("smoothed", [](std::size_t image) { return smoothed(image, 0.1); });
  check_loss("mixed", mixed);
  check_loss("soft", soft);
}

}  // namespace
