// Max, average and global pooling.
#include "kernels/cpu/pool.hpp"

#include "../catch.hpp"
#include "batch.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

template <PoolShape S>
double plain_window(const std::vector<double>& x, int image, int channel, int row, int column) {
  constexpr Extent kInput{S.channels, S.in_height, S.in_width};
  double highest = -INFINITY, total = 0;
  for (int tap = 0; tap < S.kernel * S.kernel; ++tap) {
    const int r = row * S.stride - S.padding + tap / S.kernel;
    const int k = column * S.stride - S.padding + tap % S.kernel;
    if (r < 0 || k < 0 || r >= S.in_height || k >= S.in_width) continue;
    const double value = element(x, kInput, image, channel, r, k);
    highest = std::max(highest, value);
    total += value;
  }
  return S.average ? total / (S.kernel * S.kernel) : highest;
}

template <PoolShape S>
void check_pool(const char* name) {
  INFO(name);
  constexpr Extent kInput{S.channels, S.in_height, S.in_width};
  constexpr Extent kOutput{S.channels, S.out_height(), S.out_width()};
  std::vector<double> x = random_values<double>(2 * kInput.block(), 1);
  const std::vector<double> dy = random_values<double>(2 * kOutput.block(), 2);
  const auto forward = [&] {
    std::vector<double> y(dy.size(), 7);
    batch::pool_forward<S>(x.data(), y.data());
    return y;
  };
  const std::vector<double> y = forward();
  for (int image = 0; image < S.batch; ++image) {
    for (int p = 0; p < S.channels * kOutput.pixels(); ++p) {
      const int channel = p / kOutput.pixels();
      const int row = p % kOutput.pixels() / kOutput.width, column = p % kOutput.width;
      REQUIRE(element(y, kOutput, image, channel, row, column) ==
              Approx(plain_window<S>(x, image, channel, row, column)));
    }
  }
  std::vector<double> dx(x.size(), 7);
  batch::pool_backward<S>(x.data(), dy.data(), dx.data());
  check_gradient("x", x, dx, [&] { return dot(forward(), dy); });
  check_threads([&] {
    batch::pool_backward<S>(x.data(), dy.data(), dx.data());
    return dx;
  });
}

// PoolShape: batch, channels, height, width, kernel, stride, padding, average.
TEST_CASE("pooling", "[kernels][pool]") {
  check_pool<PoolShape{kBatch, 3, 6, 4, 2, 2}>("max 2x2");
  check_pool<PoolShape{kBatch, 2, 7, 5, 2, 2}>("max 2x2, odd size");
  check_pool<PoolShape{kBatch, 2, 7, 7, 3, 2, 1}>("max 3x3, overlap, padding");
  check_pool<PoolShape{kBatch, 2, 6, 6, 2, 2, 0, true}>("average 2x2");
  check_pool<PoolShape{kBatch, 2, 7, 6, 3, 1, 1, true}>("average 3x3, overlap, padding");
}

TEST_CASE("the first of several maxima gets the gradient", "[kernels][pool]") {
  const std::vector<float> x(16 * 4, 1.0F), dy(16, 2.0F);
  std::vector<float> dx(x.size(), 7.0F);
  batch::pool_backward<PoolShape{16, 1, 2, 2, 2, 2}>(x.data(), dy.data(), dx.data());
  for (std::size_t i = 0; i < dx.size(); ++i) CHECK(dx[i] == (i < 16 ? 2.0F : 0.0F));
}

TEST_CASE("global average pooling", "[kernels][pool]") {
  constexpr MapShape kShape{kBatch, 3, 4, 5};
  constexpr Extent kInput{3, 4, 5};
  std::vector<double> x = random_values<double>(kBatch * 60, 1);
  const std::vector<double> dy = random_values<double>(kBatch * 3, 2);
  const auto forward = [&] {
    std::vector<double> y(dy.size());
    batch::global_pool_forward<kShape>(x.data(), y.data());
    return y;
  };
  double total = 0;
  for (int p = 0; p < 20; ++p) total += element(x, kInput, 17, 1, p / 5, p % 5);
  CHECK(element(forward(), {3, 1, 1}, 17, 1, 0, 0) == Approx(total / 20));
  std::vector<double> dx(x.size());
  batch::global_pool_backward<kShape>(dy.data(), dx.data());
  check_gradient("x", x, dx, [&] { return dot(forward(), dy); });
}

}  // namespace
