// Convolutions against a plain loop and central differences.
#include "kernels/cpu/conv.hpp"

#include "../catch.hpp"
#include "batch.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <ConvShape S, class T>
struct ConvCase {
  static constexpr Extent kInput{S.in_channels, S.in_height, S.in_width};
  static constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
  std::vector<T> x = random_values<T>(2 * kInput.block(), 1);
  std::vector<T> weight = random_values<T>(S.weights(), 2);
  std::vector<T> bias = random_values<T>(std::size_t(S.out_channels), 3);
  std::vector<T> dy = random_values<T>(2 * kOutput.block(), 4);

  const T* bias_pointer() const { return S.bias ? bias.data() : nullptr; }

  std::vector<T> forward() const {
    std::vector<T> y(dy.size(), T(7));
    batch::conv_forward<S>(x.data(), weight.data(), bias_pointer(), y.data());
    return y;
  }
  std::vector<T> backward_data() const {
    std::vector<T> dx(x.size(), T(7));
    batch::conv_backward_data<S>(dy.data(), weight.data(), dx.data());
    return dx;
  }
  /// dweight, then dbias.
  std::vector<T> backward_weight() const {
    std::vector<T> both(S.weights() + std::size_t(S.bias ? S.out_channels : 0), T(7));
    batch::conv_backward_weight<S>(x.data(), dy.data(), both.data(),
                                   S.bias ? both.data() + S.weights() : nullptr);
    return both;
  }
};

/// One output pixel by definition.
template <ConvShape S>
double plain_pixel(const ConvCase<S, double>& c, int image, int out, int row, int column) {
  constexpr int kInputs = S.in_channels / S.groups;
  const int group = out / (S.out_channels / S.groups);
  double total = S.bias ? c.bias[std::size_t(out)] : 0;
  for (int in = 0; in < kInputs; ++in) {
    for (int tap = 0; tap < S.kernel * S.kernel; ++tap) {
      const int from_row = row * S.stride - S.padding + tap / S.kernel * S.dilation;
      const int from_column = column * S.stride - S.padding + tap % S.kernel * S.dilation;
      total += c.weight[std::size_t((out * kInputs + in) * S.kernel * S.kernel + tap)] *
               element(c.x, c.kInput, image, group * kInputs + in, from_row, from_column);
    }
  }
  return total;
}

template <ConvShape S>
std::vector<double> plain_forward(const ConvCase<S, double>& c) {
  std::vector<double> y(c.dy.size());
  for (int image = 0; image < S.batch; ++image) {
    for (int out = 0; out < S.out_channels; ++out) {
      for (int row = 0; row < S.out_height(); ++row) {
        for (int column = 0; column < S.out_width(); ++column) {
          y[element_offset(c.kOutput, image, out, row, column)] =
              plain_pixel(c, image, out, row, column);
        }
      }
    }
  }
  return y;
}

template <ConvShape S>
void check_conv(const char* name) {
  static_assert(S.batch == kBatch);
  INFO(name);
  ConvCase<S, double> c;
  CHECK(difference(c.forward(), plain_forward(c)) < 1e-12);

  const auto loss = [&] { return dot(c.forward(), c.dy); };
  const std::vector<double> both = c.backward_weight();
  const auto middle = both.begin() + std::ptrdiff_t(S.weights());
  check_gradient("x", c.x, c.backward_data(), loss);
  check_gradient("weight", c.weight, {both.begin(), middle}, loss);
  if (S.bias) check_gradient("bias", c.bias, {middle, both.end()}, loss);

  const ConvCase<S, float> f;  // the same values: random_values has 24 bits
  // Sums of at most some thousand terms; Winograd's algorithm rounds about three times as much, and
  // its cases are larger.
  const double tolerance = uses_winograd(S) ? 1e-4 : 2e-5;
  CHECK(difference(f.forward(), c.forward()) < tolerance);
  CHECK(difference(f.backward_data(), c.backward_data()) < tolerance);
  CHECK(difference(f.backward_weight(), both) < tolerance);
  check_threads([&] { return f.forward(); });
  check_threads([&] { return f.backward_data(); });
  check_threads([&] { return f.backward_weight(); });
}

/// A convolution that measures its outputs gives the same ones, and what norm_measure of them does.
template <ConvShape S>
void check_measured(const char* name) {
  INFO(name);
  const ConvCase<S, double> c;
  const std::vector<double> expected = c.forward();
  constexpr NormShape kNorm{kBatch, S.out_channels, S.out_height(), S.out_width(),
                            NormStatistics::batch};
  const auto ready = batch::packed<S>(c.weight.data());
  std::vector<double> y(expected.size());
  const auto to = batch::images(y.data(), c.kOutput);
  std::vector<std::vector<double>> measured(
      std::size_t(blocks(kBatch)), std::vector<double>(std::size_t(S.out_channels) * kMeasured));
  constexpr std::size_t kNeeded = conv_forward_measured_workspace<S, double>();
  batch::each_block<double, kNeeded>(kBatch, [&](int b, auto workspace) {
    conv_forward_measured<S>(batch::images(c.x.data(), c.kInput)[b], ready.data(), c.bias_pointer(),
                             to[b], measured[std::size_t(b)].data(), workspace);
  });
  for (int b = 0; b < blocks(kBatch); ++b) {
    CHECK(difference(measured[std::size_t(b)], batch::measured<kNorm>(to[b])) < 1e-12);
  }
  CHECK(y == expected);
}

TEST_CASE("convolutions measure their outputs for norms", "[kernels][conv][norm]") {
  check_measured<ConvShape{kBatch, 3, 8, 8, 5, 3, 1, 1, 1, 1, true}>("3x3");
  check_measured<ConvShape{kBatch, 6, 7, 5, 9, 3, 2, 1, 1, 3, false}>("groups, stride 2");
  check_measured<ConvShape{kBatch, 70, 16, 16, 4, 3, 1, 1, 1, 1, true}>("two panels");
  check_measured<ConvShape{kBatch, 9, 7, 11, 10, 3, 1, 1, 1, 1, true}>("Winograd's algorithm");
}

// ConvShape: batch, in channels, height, width, out channels, kernel, stride, padding, dilation,
// groups, bias.
TEST_CASE("convolution: plain shapes", "[kernels][conv]") {
  check_conv<ConvShape{kBatch, 3, 8, 8, 4, 3, 1, 1, 1, 1, true}>("3x3, padding 1, bias");
  check_conv<ConvShape{kBatch, 5, 7, 11, 6, 3, 1, 1, 1, 1, false}>("odd sizes, channel tails");
  check_conv<ConvShape{kBatch, 4, 5, 5, 9, 3, 1, 0, 1, 1, false}>("no padding");
  check_conv<ConvShape{kBatch, 7, 4, 6, 5, 1, 1, 0, 1, 1, true}>("1x1");
  check_conv<ConvShape{kBatch, 28, 1, 1, 10, 1, 1, 0, 1, 1, true}>("1x1 on one pixel");
  check_conv<ConvShape{kBatch, 2, 9, 9, 3, 5, 1, 2, 1, 1, false}>("5x5");
  check_conv<ConvShape{kBatch, 2, 6, 6, 3, 2, 1, 1, 1, 1, false}>("even kernel");
  check_conv<ConvShape{kBatch, 2, 9, 9, 2, 7, 1, 3, 1, 1, false}>("7x7");
  check_conv<ConvShape{kBatch, 2, 4, 4, 3, 3, 1, 3, 1, 1, false}>("padding beyond the kernel");
}

TEST_CASE("convolution: stride, dilation and groups", "[kernels][conv]") {
  check_conv<ConvShape{kBatch, 3, 8, 8, 5, 3, 2, 1, 1, 1, true}>("stride 2");
  check_conv<ConvShape{kBatch, 3, 9, 7, 4, 3, 3, 0, 1, 1, false}>("stride 3");
  check_conv<ConvShape{kBatch, 3, 7, 7, 4, 1, 2, 0, 1, 1, false}>("1x1, stride 2");
  check_conv<ConvShape{kBatch, 3, 5, 5, 4, 1, 1, 1, 1, 1, false}>("1x1, padding 1");
  check_conv<ConvShape{kBatch, 3, 9, 9, 4, 3, 1, 2, 2, 1, false}>("dilation 2");
  check_conv<ConvShape{kBatch, 3, 11, 9, 4, 3, 2, 2, 3, 1, false}>("dilation 3, stride 2");
  check_conv<ConvShape{kBatch, 6, 6, 6, 9, 3, 1, 1, 1, 3, true}>("3 groups");
  check_conv<ConvShape{kBatch, 6, 7, 6, 6, 3, 1, 1, 1, 6, false}>("depthwise");
  check_conv<ConvShape{kBatch, 4, 7, 7, 8, 3, 2, 1, 1, 4, true}>(
      "depthwise, stride 2, two filters");
}

template <ConvShape S>
void check_winograd(const char* name) {
  static_assert(uses_winograd(S));
  check_conv<S>(name);
}

TEST_CASE("convolution: Winograd's algorithm", "[kernels][conv]") {
  check_winograd<ConvShape{kBatch, 8, 8, 8, 8, 3, 1, 1, 1, 1, true}>("whole tiles, bias");
  check_winograd<ConvShape{kBatch, 9, 7, 11, 10, 3, 1, 1, 1, 1, true}>("odd sizes, tails, bias");
  check_winograd<ConvShape{kBatch, 8, 10, 14, 8, 3, 1, 0, 1, 1, false}>("no padding");
  check_winograd<ConvShape{kBatch, 8, 10, 10, 8, 3, 1, 2, 1, 1, false}>("padding 2");
  check_winograd<ConvShape{kBatch, 8, 16, 15, 9, 3, 1, 1, 1, 1, true}>("16 tiles");
  check_winograd<ConvShape{kBatch, 10, 18, 22, 8, 3, 1, 1, 1, 1, false}>("several strips");
  check_winograd<ConvShape{kBatch, 12, 8, 8, 21, 3, 1, 1, 1, 1, false}>("channels in two parts");
}

TEST_CASE("convolution: more channels than a panel holds", "[kernels][conv]") {
  using Panel = ConvPanel<ConvShape{kBatch, 70, 16, 16, 4, 3, 1, 1, 1, 1, true}, 2, double>;
  static_assert(Panel::kChannels < 70);
  check_conv<ConvShape{kBatch, 70, 16, 16, 4, 3, 1, 1, 1, 1, true}>("70 channels");
}

}  // namespace
