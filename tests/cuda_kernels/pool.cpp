// Pooling: windows that overlap, padding, ties and NaN.

#include "kernels/cuda/pool.hpp"

#include <cmath>
#include <limits>

#include "../kernels/batch.hpp"
#include "support.hpp"

// Named, for nvcc: kernels are instantiated for its shapes.
namespace castnet::test::pool {

template <bool Average, int Kernel, int Stride, int Padding, int Height, int Width>
struct PoolOf {
  static constexpr PoolShape value{.batch = 16,
                                   .channels = 3,
                                   .in_height = Height,
                                   .in_width = Width,
                                   .kernel = Kernel,
                                   .stride = Stride,
                                   .padding = Padding,
                                   .average = Average};
};

template <class S>
std::vector<float> pool_inputs() {
  constexpr PoolShape kShape = S::value;
  std::vector<float> x = random_values<float>(
      std::size_t(kShape.batch * kShape.channels) * std::size_t(kShape.in_height * kShape.in_width),
      1);
  if constexpr (!kShape.average) {
    for (float& value : x) value = std::round(value);  // -1, 0 and 1: most windows have ties
    const auto row = std::size_t(kShape.in_width);
    for (std::size_t i = 0; i < 3 * row; ++i) x[i] = -std::numeric_limits<float>::infinity();
    x[5 * row] = x[5 * row + 1] = NAN;
  }
  return x;
}

/// Sums of the same numbers in the same order: a maximum's bits agree; a mean's products may be
/// fused with its additions in one and not in the other.
template <class S, class T = float>
void check_pool(const char* name) {
  INFO(name);
  constexpr PoolShape kShape = S::value;
  constexpr cpu::Extent kIn{kShape.channels, kShape.in_height, kShape.in_width};
  constexpr cpu::Extent kOut{kShape.channels, kShape.out_height(), kShape.out_width()};
  const std::vector<float> x = rounded<T>(pool_inputs<S>());
  const std::vector<float> dy = rounded<T>(
      random_values<float>(std::size_t(kShape.batch * kOut.channels * kOut.pixels()), 2));
  const std::vector<float> cpu_x = to_cpu(x, kIn), cpu_dy = to_cpu(dy, kOut);
  std::vector<float> y(dy.size()), dx(x.size());
  batch::pool_forward<kShape>(cpu_x.data(), y.data());
  batch::pool_backward<kShape>(cpu_x.data(), cpu_dy.data(), dx.data());
  const std::vector<float> expected = rounded<T>(join(from_cpu(y, kOut), from_cpu(dx, kIn)));
  const std::vector<float> actual = in_any_order([&] {
    Buffer<T> from(x), to(dy.size()), gradient(dy), input_gradient(x.size());
    cuda::pool_forward<S>(nullptr, from.data(), to.data());
    cuda::pool_backward<S>(nullptr, kShape.average ? nullptr : from.data(), gradient.data(),
                           input_gradient.data());
    return join(to.values(), input_gradient.values());
  });
  if (kShape.average) {
    CHECK(difference(actual, expected) < (std::is_same_v<T, float> ? 1e-6 : 0x1p-8));
  } else {
    CHECK(same_bits(actual, expected));
  }
}

TEST_CASE("cuda pooling", "[cuda][pool]") {
  check_pool<PoolOf<false, 2, 2, 0, 8, 6>>("max 2x2");
  check_pool<PoolOf<false, 2, 2, 0, 9, 7>>("max 2x2, a row and a column left over");
  check_pool<PoolOf<false, 3, 2, 1, 9, 7>>("max 3x3, padded, overlapping");
  check_pool<PoolOf<false, 3, 1, 1, 7, 8>>("max 3x3, padded, stride 1");
  check_pool<PoolOf<false, 2, 3, 0, 9, 7>>("max 2x2, pixels between windows");
  check_pool<PoolOf<true, 2, 2, 0, 8, 6>>("average 2x2");
  check_pool<PoolOf<true, 3, 2, 1, 9, 7>>("average 3x3, padded, overlapping");
  check_pool<PoolOf<false, 2, 2, 0, 9, 7>, __nv_bfloat16>("max 2x2, bfloat16");
  check_pool<PoolOf<true, 3, 2, 1, 9, 7>, __nv_bfloat16>("average 3x3, bfloat16");
}

template <int Height, int Width>
struct GlobalPoolOf {
  static constexpr MapShape value{.batch = 16, .channels = 5, .height = Height, .width = Width};
};

/// Means of up to 117 numbers near 1, added in another order.
template <class S, class T = float>
void check_global_pool(double tolerance) {
  constexpr MapShape kShape = S::value;
  constexpr cpu::Extent kIn{kShape.channels, kShape.height, kShape.width};
  constexpr cpu::Extent kOut{kShape.channels, 1, 1};
  const std::vector<float> x = rounded<T>(random_values<float>(cuda::elements(kShape), 1));
  const std::vector<float> dy =
      rounded<T>(random_values<float>(std::size_t(kShape.batch * kShape.channels), 2));
  const std::vector<float> cpu_x = to_cpu(x, kIn), cpu_dy = to_cpu(dy, kOut);
  std::vector<float> y(dy.size()), dx(x.size());
  batch::global_pool_forward<kShape>(cpu_x.data(), y.data());
  batch::global_pool_backward<kShape>(cpu_dy.data(), dx.data());
  const std::vector<float> actual = in_any_order([&] {
    Buffer<T> from(x), to(dy.size()), gradient(dy), input_gradient(x.size());
    cuda::global_pool_forward<S>(nullptr, from.data(), to.data());
    cuda::global_pool_backward<S>(nullptr, gradient.data(), input_gradient.data());
    return join(to.values(), input_gradient.values());
  });
  CHECK(difference(actual, join(from_cpu(y, kOut), from_cpu(dx, kIn))) < tolerance);
}

TEST_CASE("cuda global pooling", "[cuda][pool]") {
  check_global_pool<GlobalPoolOf<9, 13>>(1e-6);
  check_global_pool<GlobalPoolOf<3, 3>>(1e-6);  // fewer pixels than lanes
  check_global_pool<GlobalPoolOf<1, 1>>(1e-6);
  check_global_pool<GlobalPoolOf<9, 13>, __nv_bfloat16>(0x1p-8);
}

}  // namespace castnet::test::pool
