// The scale of channels, PReLU and channel norm.
#include <cmath>

#include "../kernels/batch_channels.hpp"
#include "kernels/cuda/channel_norm.hpp"
#include "kernels/cuda/prelu.hpp"
#include "kernels/cuda/scale.hpp"
#include "support.hpp"

// Named, for nvcc: kernels are instantiated for its shapes.
namespace castnet::test::channels {

/// Of sums near 1 that both sides round differently; bfloat16 keeps 8 bits.
template <class T>
constexpr double kTolerance = std::is_same_v<T, float> ? 1e-5 : 0x1p-8;

template <int Batch, int Channels, int Height, int Width>
struct ScaleOf {
  static constexpr MapShape value{
      .batch = Batch, .channels = Channels, .height = Height, .width = Width};
};

template <class S, class T = float>
void check_scale(const char* name) {
  INFO(name);
  constexpr MapShape kShape = S::value;
  constexpr cpu::Extent kMap = batch::kMap<kShape>, kScales{kShape.channels, 1, 1};
  const std::vector<float> x = rounded<T>(random_values<float>(cuda::elements(kShape), 1));
  const std::vector<float> s =
      rounded<T>(random_values<float>(std::size_t(kShape.batch * kShape.channels), 2));
  const std::vector<float> dy = rounded<T>(random_values<float>(x.size(), 3));
  const std::vector<float> cpu_x = to_cpu(x, kMap), cpu_s = to_cpu(s, kScales);
  const std::vector<float> cpu_dy = to_cpu(dy, kMap);
  std::vector<float> y(x.size()), dx(x.size()), ds(s.size());
  batch::scale_forward<kShape>(cpu_x.data(), cpu_s.data(), y.data());
  batch::scale_backward<kShape>(cpu_x.data(), cpu_s.data(), cpu_dy.data(), dx.data(), ds.data());
  std::vector<float> sums;
  const auto run = [&](bool in_place) {
    Buffer<T> from(x), scales(s), to(x), gradient(dy), input_gradient(x.size()), sum(s.size());
    cuda::scale_forward<S>(nullptr, to.data(), scales.data(), to.data());
    T* const result = in_place ? gradient.data() : input_gradient.data();
    cuda::scale_backward<S>(nullptr, from.data(), scales.data(), gradient.data(), result,
                            sum.data());
    sums = sum.values();
    return join(join(to.values(), (in_place ? gradient : input_gradient).values()), sums);
  };
  const std::vector<float> actual = in_any_order([&] { return run(true); });
  CHECK(same_bits(run(false), actual));
  const auto products = rounded<T>(join(from_cpu(y, kMap), from_cpu(dx, kMap)));
  const auto split = actual.begin() + std::ptrdiff_t(products.size());
  CHECK(same_bits(std::vector<float>(actual.begin(), split), products));
  CHECK(difference(sums, from_cpu(ds, kScales)) < kTolerance<T>);
}

TEST_CASE("cuda scale of channels", "[cuda][scale]") {
  check_scale<ScaleOf<32, 3, 5, 7>>("35 pixels");
  check_scale<ScaleOf<16, 5, 1, 1>>("one pixel");
  check_scale<ScaleOf<16, 1, 50, 50>>("one channel, more pixels than a block has threads");
  check_scale<ScaleOf<32, 3, 5, 7>, __nv_bfloat16>("bfloat16");
}

template <int Batch, int Channels, int Slopes, int Height, int Width>
struct PReluOf {
  static constexpr PReluShape value{
      .batch = Batch, .channels = Channels, .height = Height, .width = Width, .slopes = Slopes};
};

template <class S, class T = float>
void check_prelu(const char* name) {
  INFO(name);
  constexpr PReluShape kShape = S::value;
  constexpr cpu::Extent kMap = batch::kMap<kShape>;
  std::vector<float> x = rounded<T>(random_values<float>(cuda::elements(kShape), 1));
  x[5] = 0;  // the kink
  const std::vector<float> dy = rounded<T>(random_values<float>(x.size(), 2));
  const std::vector<float> weight = random_values<float>(std::size_t(kShape.slopes), 3);
  const std::vector<float> cpu_x = to_cpu(x, kMap), cpu_dy = to_cpu(dy, kMap);
  std::vector<float> y(x.size()), dx(x.size()), d_weight(weight.size());
  batch::prelu_forward<kShape>(cpu_x.data(), weight.data(), y.data());
  batch::prelu_backward<kShape>(cpu_x.data(), cpu_dy.data(), weight.data(), dx.data(),
                                d_weight.data());
  std::vector<float> sums;
  const auto run = [&](bool in_place) {
    Buffer<T> from(x), to(x), gradient(dy), input_gradient(x.size());
    Buffer<float> slopes(weight), scratch(kShape.scratch()), sum(weight.size());
    cuda::prelu_forward<S>(nullptr, to.data(), slopes.data(), to.data());
    T* const result = in_place ? gradient.data() : input_gradient.data();
    cuda::prelu_backward<S>(nullptr, from.data(), gradient.data(), slopes.data(), scratch.data(),
                            result, sum.data());
    scratch.values();  // nothing past its end
    sums = sum.values();
    return join(join(to.values(), (in_place ? gradient : input_gradient).values()), sums);
  };
  const std::vector<float> actual = in_any_order([&] { return run(true); });
  CHECK(same_bits(run(false), actual));
  const auto products = rounded<T>(join(from_cpu(y, kMap), from_cpu(dx, kMap)));
  const auto split = actual.begin() + std::ptrdiff_t(products.size());
  CHECK(same_bits(std::vector<float>(actual.begin(), split), products));
  CHECK(difference(sums, d_weight) < 1e-5);
}

TEST_CASE("cuda PReLU", "[cuda][prelu]") {
  check_prelu<PReluOf<32, 3, 3, 5, 7>>("a slope a channel");
  check_prelu<PReluOf<32, 3, 1, 5, 7>>("one slope for all");
  check_prelu<PReluOf<16, 6, 6, 1, 1>>("one pixel");
  check_prelu<PReluOf<16, 1, 1, 13, 13>>("one channel");
  check_prelu<PReluOf<16 * 35, 6, 1, 2, 1>>("more sums than a warp has lanes");
  check_prelu<PReluOf<32, 3, 3, 5, 7>, __nv_bfloat16>("bfloat16");
}

template <int Batch, int Channels, int Height, int Width, bool Affine = true>
struct ChannelNormOf {
  static constexpr ChannelNormShape value{.batch = Batch,
                                          .channels = Channels,
                                          .height = Height,
                                          .width = Width,
                                          .affine = Affine,
                                          .epsilon = 1e-3};
};

struct ChannelNormResult {
  std::vector<float> y, saved, dx, d_weight, d_bias;

  std::vector<float> all() const { return join(join(join(y, saved), join(dx, d_weight)), d_bias); }
};

template <class S, class T>
class ChannelNormCase {
 public:
  ChannelNormCase() {
    // About 3 +- 0.6: squares must be taken about the mean.
    for (float& value : x_) value = float(T(value + 3));
  }

  ChannelNormResult on_cpu() const {
    ChannelNormResult r;
    const std::vector<float> x = to_cpu(x_, kMap), dy = to_cpu(dy_, kMap);
    std::vector<float> y(x.size()), saved(kShape.saved()), dx(x.size());
    r.d_weight.resize(kAffine);
    r.d_bias.resize(kAffine);
    batch::channel_norm_forward<kShape>(x.data(), weight_.data(), bias_.data(), saved.data(),
                                        y.data());
    batch::channel_norm_backward<kShape>(x.data(), dy.data(), weight_.data(), saved.data(),
                                         dx.data(), r.d_weight.data(), r.d_bias.data());
    r.y = from_cpu(y, kMap);
    r.dx = from_cpu(dx, kMap);
    r.saved = plain_saved(saved);
    return r;
  }

  ChannelNormResult on_device(bool in_place) const {
    ChannelNormResult r;
    Buffer<T> x(x_), y(x_.size()), dy(dy_), dx(dy_.size());
    Buffer<float> weight(weight_), bias(bias_), saved(kShape.saved()), scratch(kShape.scratch());
    Buffer<float> d_weight(kAffine), d_bias(kAffine);
    T* const to = in_place ? x.data() : y.data();
    T* const input_gradient = in_place ? dy.data() : dx.data();
    cuda::channel_norm_forward<S>(nullptr, x.data(), weight.data(), bias.data(), saved.data(), to);
    r.y = (in_place ? x : y).values();
    Buffer<T> input(x_);
    cuda::channel_norm_backward<S>(nullptr, input.data(), dy.data(), weight.data(), saved.data(),
                                   scratch.data(), input_gradient, d_weight.data(), d_bias.data());
    scratch.values();  // nothing past its end
    r.saved = saved.values();
    r.dx = (in_place ? dy : dx).values();
    r.d_weight = d_weight.values();
    r.d_bias = d_bias.values();
    return r;
  }

 private:
  static constexpr ChannelNormShape kShape = S::value;
  static constexpr cpu::Extent kMap = batch::kMap<kShape>;
  static constexpr std::size_t kAffine = kShape.affine_elements();

  /// [N / 16][2][H W][16] to [2][N][H W].
  static std::vector<float> plain_saved(const std::vector<float>& saved) {
    constexpr cpu::Extent kPixels{1, kShape.height, kShape.width};
    std::vector<float> means, inverses;
    for (std::size_t i = 0; i < saved.size(); i += 2 * kPixels.block()) {
      const auto begin = saved.begin() + std::ptrdiff_t(i);
      const auto half = begin + std::ptrdiff_t(kPixels.block());
      means.insert(means.end(), begin, half);
      inverses.insert(inverses.end(), half, half + std::ptrdiff_t(kPixels.block()));
    }
    return join(from_cpu(means, kPixels), from_cpu(inverses, kPixels));
  }

  std::vector<float> x_ = rounded<T>(random_values<float>(cuda::elements(kShape), 1));
  std::vector<float> dy_ = rounded<T>(random_values<float>(cuda::elements(kShape), 2));
  std::vector<float> weight_ = random_values<float>(kAffine, 3);
  std::vector<float> bias_ = random_values<float>(kAffine, 4);
};

template <class S, class T = float>
void check_channel_norm(const char* name) {
  INFO(name);
  const ChannelNormCase<S, T> norm;
  const ChannelNormResult expected = norm.on_cpu();
  ChannelNormResult actual;
  in_any_order([&] {
    actual = norm.on_device(true);
    return actual.all();
  });
  CHECK(same_bits(norm.on_device(false).all(), actual.all()));
  CHECK(difference(actual.y, expected.y) < kTolerance<T>);
  CHECK(difference(actual.saved, expected.saved) < 1e-5);
  CHECK(difference(actual.dx, expected.dx) < kTolerance<T>);
  CHECK(difference(actual.d_weight, expected.d_weight) < 3e-5);
  CHECK(difference(actual.d_bias, expected.d_bias) < 3e-5);
}

TEST_CASE("cuda channel norm", "[cuda][norm]") {
  check_channel_norm<ChannelNormOf<32, 6, 5, 7>>("6 channels");
  check_channel_norm<ChannelNormOf<16, 24, 3, 3, false>>("no affine, a part of a warp's pixels");
  check_channel_norm<ChannelNormOf<16, 1, 3, 5>>("one channel");
  check_channel_norm<ChannelNormOf<16, 9, 1, 1>>("one pixel, fewer than a warp has lanes");
  check_channel_norm<ChannelNormOf<16, 300, 2, 3>>(
      "registers hold the numbers of forward, not the pairs of backward");
  check_channel_norm<ChannelNormOf<16, 530, 2, 1>>("more than the registers hold");
  check_channel_norm<ChannelNormOf<32, 40, 5, 7>, __nv_bfloat16>("bfloat16");
}

}  // namespace castnet::test::channels
