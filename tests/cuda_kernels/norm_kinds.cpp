// Every norm with every affine map, and sizes at the edges.
#include "norm_case.hpp"

namespace {

using namespace castnet;
using namespace castnet::test;
using enum NormStatistics;

template <NormAffine Affine>
void check_kinds() {
  check_norm<NormOf<batch, 1, Affine, Act::relu>>("batch");
  check_norm<NormOf<group, 2, Affine, Act::relu>>("group");
  check_norm<NormOf<group, 1, Affine, Act::relu>>("layer");
  check_norm<NormOf<group, 6, Affine, Act::relu>>("instance");
}

TEST_CASE("cuda norm: no affine map", "[cuda][norm]") { check_kinds<NormAffine::none>(); }
TEST_CASE("cuda norm: an affine map a channel", "[cuda][norm]") {
  check_kinds<NormAffine::channel>();
}
TEST_CASE("cuda norm: an affine map an element", "[cuda][norm]") {
  check_kinds<NormAffine::element>();
}

TEST_CASE("cuda norm: one pixel", "[cuda][norm]") {
  check_norm<NormOf<batch, 1, NormAffine::channel, Act::none, 16, 3, 1, 1>>("batch");
  check_norm<NormOf<group, 1, NormAffine::element, Act::none, 16, 3, 1, 1>>("layer");
}

TEST_CASE("cuda norm: more than the registers hold", "[cuda][norm]") {
  check_norm<NormOf<batch, 1, NormAffine::channel, Act::relu, 16, 2, 40, 40>>("batch");
  check_norm<NormOf<group, 1, NormAffine::channel, Act::relu, 16, 12, 40, 40>>("layer");
  // Forward holds its numbers, backward its pairs not.
  check_norm<NormOf<group, 1, NormAffine::channel, Act::relu, 16, 7, 40, 40>>("layer");
}

TEST_CASE("cuda norm: more blocks of images than a warp has lanes", "[cuda][norm]") {
  check_norm<NormOf<batch, 1, NormAffine::channel, Act::relu, 16 * 35, 3, 2, 1>>("batch");
}

}  // namespace
