// The scale of channels, PReLU and channel norm against PyTorch's.
#include "../catch.hpp"
#include "../kernels/batch_channels.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 16;

TEST_CASE("the scale of channels equals PyTorch's", "[pytorch]") {
  constexpr MapShape kShape{kBatch, 3, 4, 5};
  constexpr Extent kMap = batch::kMap<kShape>, kScales{3, 1, 1};
  const auto x = pattern_images(kBatch, kMap, 1), s = pattern_images(kBatch, kScales, 2);
  const auto dy = pattern_images(kBatch, kMap, 4);
  std::vector<float> y(x.size()), dx(x.size()), ds(s.size());
  batch::scale_forward<kShape>(x.data(), s.data(), y.data());
  batch::scale_backward<kShape>(x.data(), s.data(), dy.data(), dx.data(), ds.data());
  check_images("scale/y", kMap, y);
  check_images("scale/d_x", kMap, dx);
  check_flat("scale/d_s", interleaved(kScales, ds, true));
}

template <PReluShape S>
void check_prelu(const std::string& name) {
  constexpr Extent kMap = batch::kMap<S>;
  const auto x = pattern_images(kBatch, kMap, 1), dy = pattern_images(kBatch, kMap, 4);
  const auto weight = pattern(std::size_t(S.slopes), 2);
  std::vector<float> y(x.size()), dx(x.size()), d_weight(weight.size());
  batch::prelu_forward<S>(x.data(), weight.data(), y.data());
  batch::prelu_backward<S>(x.data(), dy.data(), weight.data(), dx.data(), d_weight.data());
  check_images(name + "/y", kMap, y);
  check_images(name + "/d_x", kMap, dx);
  check_flat(name + "/d_weight", d_weight);
}

TEST_CASE("PReLU equals PyTorch's", "[pytorch]") {
  check_prelu<PReluShape{kBatch, 3, 4, 5, 3}>("prelu");
  check_prelu<PReluShape{kBatch, 3, 4, 5, 1}>("prelu_shared");
}

template <ChannelNormShape S>
void check_channel_norm(const std::string& name) {
  constexpr Extent kMap = batch::kMap<S>;
  const auto x = pattern_images(kBatch, kMap, 1), dy = pattern_images(kBatch, kMap, 4);
  const auto weight = pattern(S.affine_elements(), 2), bias = pattern(S.affine_elements(), 3);
  std::vector<float> y(x.size()), dx(x.size()), saved(S.saved());
  std::vector<float> d_weight(weight.size()), d_bias(bias.size());
  const float* const w = S.affine ? weight.data() : nullptr;
  const float* const b = S.affine ? bias.data() : nullptr;
  batch::channel_norm_forward<S>(x.data(), w, b, saved.data(), y.data());
  batch::channel_norm_backward<S>(x.data(), dy.data(), w, saved.data(), dx.data(), d_weight.data(),
                                  d_bias.data());
  check_images(name + "/y", kMap, y);
  check_images(name + "/d_x", kMap, dx);
  if (!S.affine) return;
  check_flat(name + "/d_weight", d_weight);
  check_flat(name + "/d_bias", d_bias);
}

TEST_CASE("channel norm equals PyTorch's layer norm over the last axis", "[pytorch]") {
  check_channel_norm<ChannelNormShape{kBatch, 6, 4, 5, true, 1e-6}>("channel_norm");
  check_channel_norm<ChannelNormShape{kBatch, 6, 4, 5, false, 1e-6}>("channel_norm_plain");
}

}  // namespace
