// The scale of each channel of each image.
#include "kernels/cpu/scale.hpp"

#include "../catch.hpp"
#include "batch_channels.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr int kBatch = 32;

/// dx and ds one after the other; dx over dy if `in_place`.
template <MapShape S, class T>
std::vector<T> backward(const std::vector<T>& x, const std::vector<T>& s, const std::vector<T>& dy,
                        bool in_place) {
  std::vector<T> dx = in_place ? dy : std::vector<T>(dy.size(), T(7)), ds(s.size(), T(7));
  batch::scale_backward<S>(x.data(), s.data(), in_place ? dx.data() : dy.data(), dx.data(),
                           ds.data());
  dx.insert(dx.end(), ds.begin(), ds.end());
  return dx;
}

template <MapShape S>
void check_scale(const char* name) {
  static_assert(S.batch == kBatch);
  INFO(name);
  constexpr Extent kExtent = batch::kMap<S>;
  std::vector<double> x = random_values<double>(2 * kExtent.block(), 1);
  std::vector<double> s = random_values<double>(std::size_t(S.batch * S.channels), 2);
  const std::vector<double> dy = random_values<double>(x.size(), 3);
  const auto forward = [&] {
    std::vector<double> y(x.size(), 7);
    batch::scale_forward<S>(x.data(), s.data(), y.data());
    return y;
  };
  const std::vector<double> y = forward();
  for (int image = 0; image < S.batch; ++image) {
    for (int c = 0; c < S.channels; ++c) {
      for (int p = 0; p < kExtent.pixels(); ++p) {
        const int row = p / S.width, column = p % S.width;
        REQUIRE(element(y, kExtent, image, c, row, column) ==
                element(x, kExtent, image, c, row, column) *
                    element(s, {S.channels, 1, 1}, image, c, 0, 0));
      }
    }
  }
  const std::vector<double> both = backward<S>(x, s, dy, false);
  const auto ds = both.begin() + std::ptrdiff_t(x.size());
  const auto loss = [&] { return dot(forward(), dy); };
  check_gradient("x", x, {both.begin(), ds}, loss);
  check_gradient("s", s, {ds, both.end()}, loss);
  CHECK(backward<S>(x, s, dy, true) == both);
  std::vector<double> in_place = x;
  batch::scale_forward<S>(in_place.data(), s.data(), in_place.data());
  CHECK(in_place == y);

  const std::vector<float> fx(x.begin(), x.end()), fs(s.begin(), s.end()),
      fdy(dy.begin(), dy.end());
  CHECK(difference(backward<S>(fx, fs, fdy, false), both) < 2e-5);
  check_threads([&] { return backward<S>(fx, fs, fdy, false); });
}

TEST_CASE("scale of channels", "[kernels][scale]") {
  check_scale<MapShape{kBatch, 3, 4, 5}>("3 channels of 4 x 5");
  check_scale<MapShape{kBatch, 1, 3, 7}>("one channel");
  check_scale<MapShape{kBatch, 6, 1, 1}>("one pixel");
}

TEST_CASE("scale of channels, by hand", "[kernels][scale]") {
  constexpr MapShape kShape{16, 1, 2, 2};
  std::vector<double> x(4 * 16), s(16), dy(4 * 16), dx(4 * 16), ds(16);
  constexpr std::size_t kImage = 5;
  for (std::size_t p = 0; p < 4; ++p) {
    x[p * 16 + kImage] = double(p + 1);
    dy[p * 16 + kImage] = p == 3 ? 2 : 1;
  }
  s[kImage] = 0.5;
  scale_backward<kShape>(x.data(), s.data(), dy.data(), dx.data(), ds.data());
  CHECK(ds[kImage] == 1 + 2 + 3 + 2 * 4);
  CHECK(ds[kImage + 1] == 0);
  CHECK(dx[kImage] == 0.5);
  CHECK(dx[3 * 16 + kImage] == 1);
}

}  // namespace
