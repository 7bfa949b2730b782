// Activations, addition and dropout.
#include <limits>

#include "../kernels/batch.hpp"
#include "kernels/cuda/activation.hpp"
#include "kernels/cuda/add.hpp"
#include "kernels/cuda/dropout.hpp"
#include "support.hpp"

// Named, for nvcc: kernels are instantiated for its shapes.
namespace castnet::test::elementwise {

template <Act A>
struct ActOf {
  static constexpr ActShape value{
      .batch = 32, .channels = 3, .height = 5, .width = 7, .act = A, .slope = 0.2};
};

/// `tolerance` is 0 where nothing is rounded.
template <Act A, class T = float>
void check_activation(double tolerance) {
  using S = ActOf<A>;
  constexpr std::size_t kCount = cuda::elements(S::value);
  std::vector<float> x = rounded<T>(random_values<float>(kCount, 1));
  x[5] = 0;  // the kink
  const std::vector<float> dy = rounded<T>(random_values<float>(kCount, 2));
  std::vector<float> y(kCount), dx(kCount);
  batch::activation_forward<S::value>(x.data(), y.data());
  constexpr bool kFromOutput = A == Act::sigmoid;
  const std::vector<float> kept = kFromOutput ? rounded<T>(y) : x;
  batch::activation_backward<S::value>(kept.data(), dy.data(), dx.data());
  const std::vector<float> both = in_any_order([&] {
    Buffer<T> from(x), to(kCount), gradient(dy);
    cuda::activation_forward<S>(nullptr, from.data(), to.data());
    cuda::activation_backward<S>(nullptr, kFromOutput ? to.data() : from.data(), gradient.data(),
                                 gradient.data());
    return join(to.values(), gradient.values());
  });
  CHECK(difference(both, join(y, dx)) <= tolerance);
  if (A == Act::gelu || A == Act::silu) return;  // their backward needs the input
  Buffer<T> place(x), gradient(dy);
  cuda::activation_forward<S>(nullptr, place.data(), place.data());
  cuda::activation_backward<S>(nullptr, place.data(), gradient.data(), gradient.data());
  CHECK(same_bits(join(place.values(), gradient.values()), both));
}

TEST_CASE("cuda activations", "[cuda][activation]") {
  check_activation<Act::none>(0);
  check_activation<Act::relu>(0);
  check_activation<Act::leaky_relu>(0);
  check_activation<Act::gelu>(1e-6);  // a few ulps of erf and exp
  check_activation<Act::silu>(1e-6);
  check_activation<Act::sigmoid>(1e-6);
  check_activation<Act::relu, __nv_bfloat16>(0);
  check_activation<Act::gelu, __nv_bfloat16>(0x1p-8);  // rounded to 8 bits
  check_activation<Act::sigmoid, __nv_bfloat16>(0x1p-8);
}

TEST_CASE("cuda relu keeps NaN", "[cuda][activation]") {
  using S = ActOf<Act::relu>;
  Buffer<float> x(std::vector<float>(cuda::elements(S::value), NAN));
  cuda::activation_forward<S>(nullptr, x.data(), x.data());
  CHECK(std::isnan(x.values()[7]));
}

struct SmallAdd {
  static constexpr MapShape value{.batch = 16, .channels = 3, .height = 5, .width = 7};
};
/// More elements than a grid has threads.
struct BigAdd {
  static constexpr MapShape value{.batch = 16, .channels = 3, .height = 150, .width = 151};
};

template <class S, class T = float>
void check_add() {
  constexpr std::size_t kCount = cuda::elements(S::value);
  const std::vector<float> a = rounded<T>(random_values<float>(kCount, 1));
  const std::vector<float> b = rounded<T>(random_values<float>(kCount, 2));
  std::vector<float> sum(kCount);
  batch::add<S::value>(a.data(), b.data(), sum.data());
  sum = rounded<T>(sum);
  const std::vector<float> actual = in_any_order([&] {
    Buffer<T> first(a), second(b);
    cuda::add<S>(nullptr, first.data(), second.data(), first.data());
    return first.values();
  });
  CHECK(same_bits(actual, sum));
}

TEST_CASE("cuda add", "[cuda][add]") {
  static_assert(cuda::elements(BigAdd::value) > std::size_t(cuda::kMostBlocks) * cuda::kThreads);
  check_add<SmallAdd>();
  check_add<SmallAdd, __nv_bfloat16>();
  check_add<BigAdd>();
}

template <bool PerChannel, int Channels, int Height, int Width, int Percent>
struct DropoutOf {
  static constexpr DropoutShape value{.batch = 32,
                                      .channels = Channels,
                                      .height = Height,
                                      .width = Width,
                                      .rate = Percent / 100.0,
                                      .per_channel = PerChannel,
                                      .index = 3};
};

/// The same elements dropped, the others scaled by the same factor: equal bits.
template <class S, class T = float>
void check_dropout(const char* name) {
  INFO(name);
  constexpr DropoutShape kShape = S::value;
  constexpr cpu::Extent kExtent{kShape.channels, kShape.height, kShape.width};
  constexpr std::size_t kCount = cuda::elements(kShape);
  const std::vector<float> x = rounded<T>(random_values<float>(kCount, 1));
  const std::vector<std::uint32_t> samples = sample_indices(kShape.batch);
  const std::uint64_t seed = 0x123456789abcdef;
  const std::vector<float> interleaved = to_cpu(x, kExtent);
  std::vector<float> y(kCount);
  batch::dropout_forward<kShape>(Mode::train, seed, 4, samples.data(), interleaved.data(),
                                 y.data());
  const std::vector<float> expected = rounded<T>(from_cpu(y, kExtent));

  Buffer<cuda::DeviceStep> step(std::vector<cuda::DeviceStep>{{.seed = seed, .epoch = 4}});
  Buffer<std::uint32_t> indices(samples);
  const auto run = [&](Mode mode) {
    Buffer<T> from(x), to(kCount);
    cuda::dropout_forward<S>(nullptr, mode, step.data(), indices.data(), from.data(), to.data());
    return to.values();
  };
  CHECK(same_bits(in_any_order([&] { return run(Mode::train); }), expected));
  CHECK(same_bits(run(Mode::evaluate), x));
  Buffer<T> place(x);
  cuda::dropout_forward<S>(nullptr, Mode::evaluate, step.data(), indices.data(), place.data(),
                           place.data());
  cuda::dropout_backward<S>(nullptr, step.data(), indices.data(), place.data(), place.data());
  CHECK(same_bits(place.values(), expected));
}

TEST_CASE("cuda dropout: the CPU's masks", "[cuda][dropout]") {
  check_dropout<DropoutOf<false, 3, 5, 7, 10>>("105 elements");
  check_dropout<DropoutOf<false, 5, 23, 31, 70>>("3565 elements: several blocks an image");
  check_dropout<DropoutOf<false, 10, 1, 1, 0>>("nothing dropped");
  check_dropout<DropoutOf<true, 3, 5, 7, 50>>("a channel of 35 elements");
  check_dropout<DropoutOf<true, 7, 23, 31, 30>>("a channel of 713: channels across blocks");
  check_dropout<DropoutOf<true, 10, 1, 1, 30>>("a channel of one element");
  check_dropout<DropoutOf<false, 3, 5, 7, 25>, __nv_bfloat16>("bfloat16");
}

}  // namespace castnet::test::elementwise
