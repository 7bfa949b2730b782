// Norms against PyTorch's, forward and backward, and batch norm's running statistics.
#include "../catch.hpp"
#include "../kernels/batch.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 16;
constexpr Extent kExtent{4, 4, 5};

constexpr NormShape shape(NormStatistics statistics, int groups, NormAffine affine) {
  return {.batch = kBatch,
          .channels = kExtent.channels,
          .height = kExtent.height,
          .width = kExtent.width,
          .statistics = statistics,
          .groups = groups,
          .affine = affine};
}

void check_running(const std::string& name, const std::vector<float>& running) {
  const auto middle = running.begin() + kExtent.channels;
  check_flat("norm/" + name + "/running_mean", {running.begin(), middle});
  check_flat("norm/" + name + "/running_var", {middle, running.end()});
}

template <NormShape S>
void check_norm(const std::string& name) {
  constexpr bool kAffine = S.affine != NormAffine::none;
  const auto x = pattern_images(kBatch, kExtent, 1);
  const auto dy = pattern_images(kBatch, kExtent, 4);
  const auto weight = pattern(S.affine_elements(), 2);
  const auto bias = pattern(S.affine_elements(), 3);
  const float* const w = kAffine ? weight.data() : nullptr;
  const float* const b = kAffine ? bias.data() : nullptr;

  std::vector<float> y(x.size()), dx(x.size()), dweight(weight.size()), dbias(bias.size());
  std::vector<float> saved(S.saved());
  std::vector<float> running(2 * std::size_t(S.channels));       // means 0 ...
  std::fill(running.begin() + S.channels, running.end(), 1.0F);  // ... and variances 1
  batch::norm_forward<S>(Mode::train, x.data(), w, b, saved.data(), running.data(), y.data());
  batch::norm_backward<S>(x.data(), dy.data(), w, b, saved.data(), dx.data(),
                          kAffine ? dweight.data() : nullptr, kAffine ? dbias.data() : nullptr);

  check_images("norm/" + name + "/y", kExtent, y);
  check_images("norm/" + name + "/d_x", kExtent, dx);
  if (kAffine) {
    check_flat("norm/" + name + "/d_weight", dweight);
    check_flat("norm/" + name + "/d_bias", dbias);
  }
  if (S.statistics == NormStatistics::batch) {
    check_running(name, running);
    batch::norm_forward<S>(Mode::evaluate, x.data(), w, b, saved.data(), running.data(), y.data());
    check_images("norm/" + name + "/evaluated", kExtent, y);
  }
}

TEST_CASE("norms equal PyTorch's", "[pytorch]") {
  using enum NormAffine;
  check_norm<shape(NormStatistics::batch, 1, channel)>("batch_channel");
  check_norm<shape(NormStatistics::batch, 1, none)>("batch_none");
  check_norm<shape(NormStatistics::group, 2, channel)>("group_channel");
  check_norm<shape(NormStatistics::group, 2, none)>("group_none");
  check_norm<shape(NormStatistics::group, 1, channel)>("layer_channel");
  check_norm<shape(NormStatistics::group, 1, element)>("layer_element");
  check_norm<shape(NormStatistics::group, 1, none)>("layer_none");
  check_norm<shape(NormStatistics::group, 4, channel)>("instance_channel");
  check_norm<shape(NormStatistics::group, 4, none)>("instance_none");
}

}  // namespace
