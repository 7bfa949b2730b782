// Convolutions against PyTorch's, forward and backward.
#include "kernels/cpu/conv.hpp"

#include <catch2/catch.hpp>

#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

template <ConvShape S>
void check_conv(const std::string& name) {
  constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
  const auto x = pattern_images(S.batch, kInput, 1);
  const auto weight = pattern(S.weights(), 2);
  const auto bias = pattern(std::size_t(S.out_channels), 3);
  const auto dy = pattern_images(S.batch, kOutput, 4);

  std::vector<float> y(dy.size()), dx(x.size()), dweight(weight.size()), dbias(bias.size());
  std::vector<float> scratch(std::max(S.data_scratch(), S.filter_scratch()));
  conv_forward<S>(x.data(), weight.data(), S.bias ? bias.data() : nullptr, y.data());
  conv_backward_data<S>(dy.data(), weight.data(), scratch.data(), dx.data());
  conv_backward_filter<S>(x.data(), dy.data(), scratch.data(), dweight.data(),
                          S.bias ? dbias.data() : nullptr);

  check_images("conv/" + name + "/y", kOutput, y);
  check_images("conv/" + name + "/d_x", kInput, dx);
  check_flat("conv/" + name + "/d_weight", dweight);
  if (S.bias) check_flat("conv/" + name + "/d_bias", dbias);
}

// ConvShape: batch, in channels, height, width, out channels, kernel, stride, padding, dilation,
// groups, bias.
TEST_CASE("convolutions equal PyTorch's", "[pytorch]") {
  check_conv<ConvShape{16, 3, 5, 6, 4, 3, 1, 1, 1, 1, true}>("plain");
  check_conv<ConvShape{16, 5, 4, 4, 3, 1, 1, 0, 1, 1, false}>("pointwise");
  check_conv<ConvShape{16, 3, 7, 6, 4, 3, 2, 1, 1, 1, true}>("stride");
  check_conv<ConvShape{16, 2, 7, 8, 3, 3, 1, 2, 2, 1, false}>("dilation");
  check_conv<ConvShape{16, 4, 5, 5, 6, 3, 1, 1, 1, 2, true}>("groups");
  check_conv<ConvShape{16, 4, 6, 5, 4, 3, 1, 1, 1, 4, false}>("depthwise");
  check_conv<ConvShape{16, 4, 9, 8, 4, 3, 2, 2, 2, 2, true}>("everything");
}

}  // namespace
