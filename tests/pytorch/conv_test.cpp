// Convolutions against PyTorch's, forward and backward.
#include "../catch.hpp"
#include "../kernels/batch.hpp"
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
  batch::conv_forward<S>(x.data(), weight.data(), S.bias ? bias.data() : nullptr, y.data());
  batch::conv_backward_data<S>(dy.data(), weight.data(), dx.data());
  batch::conv_backward_weight<S>(x.data(), dy.data(), dweight.data(),
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
  check_conv<ConvShape{16, 3, 7, 6, 4, 5, 1, 2, 1, 1, false}>("large");
  check_conv<ConvShape{16, 3, 6, 5, 4, 2, 1, 0, 1, 1, true}>("even");
  check_conv<ConvShape{16, 3, 6, 5, 4, 4, 2, 1, 1, 1, false}>("even_padded");
  check_conv<ConvShape{16, 3, 6, 8, 5, 2, 2, 0, 1, 1, true}>("patches");
  check_conv<ConvShape{16, 3, 5, 6, 4, 3, 1, 0, 1, 1, false}>("unpadded");
  check_conv<ConvShape{16, 5, 4, 4, 3, 1, 1, 0, 1, 1, false}>("pointwise");
  check_conv<ConvShape{16, 5, 5, 6, 6, 1, 2, 0, 1, 1, false}>("pointwise_stride");
  check_conv<ConvShape{16, 3, 4, 3, 5, 1, 1, 1, 1, 1, true}>("pointwise_padded");
  check_conv<ConvShape{16, 6, 4, 4, 4, 1, 1, 0, 1, 2, true}>("pointwise_groups");
  check_conv<ConvShape{16, 3, 7, 6, 4, 3, 2, 1, 1, 1, true}>("stride");
  check_conv<ConvShape{16, 2, 8, 7, 3, 2, 3, 0, 1, 1, false}>("stride_beyond_kernel");
  check_conv<ConvShape{16, 2, 7, 8, 3, 3, 1, 2, 2, 1, false}>("dilation");
  check_conv<ConvShape{16, 2, 9, 8, 3, 3, 2, 3, 3, 1, true}>("dilation_stride");
  check_conv<ConvShape{16, 4, 5, 5, 6, 3, 1, 1, 1, 2, true}>("groups");
  check_conv<ConvShape{16, 4, 6, 5, 4, 3, 1, 1, 1, 4, false}>("depthwise");
  check_conv<ConvShape{16, 5, 6, 7, 5, 3, 2, 1, 1, 5, true}>("depthwise_stride");
  check_conv<ConvShape{16, 3, 7, 6, 3, 3, 1, 2, 2, 3, false}>("depthwise_dilation");
  check_conv<ConvShape{16, 3, 5, 5, 6, 3, 1, 1, 1, 3, true}>("depthwise_multiplier");
  check_conv<ConvShape{16, 4, 9, 8, 4, 3, 2, 2, 2, 2, true}>("everything");
}

TEST_CASE("Winograd's convolutions equal PyTorch's", "[pytorch]") {
  constexpr ConvShape kSame{16, 8, 16, 16, 9, 3, 1, 1, 1, 1, true};
  static_assert(uses_winograd(kSame) && uses_winograd_filter(kSame));
  check_conv<kSame>("winograd");
  constexpr ConvShape kPadded{16, 9, 10, 11, 8, 3, 1, 2, 1, 1, false};
  static_assert(uses_winograd(kPadded));
  check_conv<kPadded>("winograd_padded");
}

}  // namespace
