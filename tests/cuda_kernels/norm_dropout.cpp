// A norm with the dropout behind it in one call: what the CPU's norm and dropout give one by one.
#include "norm_case.hpp"

// Named, for nvcc: kernels are instantiated for its shapes.
namespace castnet::test::norm_dropout {
using enum NormStatistics;

/// A dropout for the output of the norm S.
template <class S, bool PerChannel, int Percent>
struct DropoutAfter {
  static constexpr DropoutShape value{.batch = S::value.batch,
                                      .channels = S::value.channels,
                                      .height = S::value.height,
                                      .width = S::value.width,
                                      .rate = Percent / 100.0,
                                      .per_channel = PerChannel,
                                      .index = 3};
};

template <class S, class T = float>
void check_both(const char* name) {
  check_norm<S, T, DropoutAfter<S, false, 40>>(name);
  check_norm<S, T, DropoutAfter<S, true, 30>>(name);
}

TEST_CASE("cuda norm and dropout: each norm", "[cuda][norm][dropout]") {
  check_both<NormOf<batch, 1, NormAffine::channel, Act::none>>("batch");
  check_both<NormOf<group, 2, NormAffine::channel, Act::none>>("group of 105 elements");
  check_both<NormOf<group, 1, NormAffine::channel, Act::none>>("layer");
  check_both<NormOf<group, 6, NormAffine::channel, Act::none>>("instance");
}

TEST_CASE("cuda norm and dropout: each affine map", "[cuda][norm][dropout]") {
  check_both<NormOf<batch, 1, NormAffine::none, Act::none>>("batch, none");
  check_both<NormOf<batch, 1, NormAffine::element, Act::none>>("batch, element");
  check_both<NormOf<group, 1, NormAffine::none, Act::none>>("layer, none");
  check_both<NormOf<group, 1, NormAffine::element, Act::none, 32, 6, 9, 11>>(
      "layer, element: more elements than a block of sums has threads");
}

TEST_CASE("cuda norm and dropout: with an activation", "[cuda][norm][dropout]") {
  check_both<NormOf<batch, 1, NormAffine::channel, Act::relu>>("batch, relu");
  check_both<NormOf<group, 3, NormAffine::channel, Act::gelu>>("group, gelu");
  check_both<NormOf<batch, 1, NormAffine::channel, Act::leaky_relu>>("batch, leaky relu");
}

TEST_CASE("cuda norm and dropout: sizes at the edges", "[cuda][norm][dropout]") {
  check_both<NormOf<batch, 1, NormAffine::channel, Act::none, 16, 3, 1, 1>>("one pixel");
  check_both<NormOf<group, 1, NormAffine::element, Act::none, 16, 3, 1, 1>>("one pixel, layer");
  check_both<NormOf<batch, 1, NormAffine::channel, Act::none, 16, 7, 23, 31>>(
      "several blocks an image");
  check_both<NormOf<group, 1, NormAffine::channel, Act::none, 16, 12, 40, 40>>(
      "more than the registers hold");
  check_both<NormOf<batch, 1, NormAffine::channel, Act::none, 16, 1, 97, 95>>(
      "masks of 16 images that shared memory does not hold");
}

TEST_CASE("cuda norm and dropout: bfloat16", "[cuda][norm][dropout]") {
  check_both<NormOf<batch, 1, NormAffine::channel, Act::relu>, __nv_bfloat16>("batch");
  check_both<NormOf<group, 1, NormAffine::element, Act::none>, __nv_bfloat16>("layer");
}

}  // namespace castnet::test::norm_dropout
