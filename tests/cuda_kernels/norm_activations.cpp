// Norms with every activation, and in bfloat16.
#include "norm_case.hpp"

// Named, for nvcc: kernels are instantiated for its shapes.
namespace castnet::test::norm_activations {
using enum NormStatistics;

template <Act A>
void check_act() {
  check_norm<NormOf<batch, 1, NormAffine::channel, A>>("batch");
  check_norm<NormOf<group, 3, NormAffine::channel, A>>("group");
}

TEST_CASE("cuda norm: none follows", "[cuda][norm]") { check_act<Act::none>(); }
TEST_CASE("cuda norm: gelu follows", "[cuda][norm]") { check_act<Act::gelu>(); }
TEST_CASE("cuda norm: silu follows", "[cuda][norm]") { check_act<Act::silu>(); }
TEST_CASE("cuda norm: sigmoid follows", "[cuda][norm]") { check_act<Act::sigmoid>(); }
TEST_CASE("cuda norm: leaky relu follows", "[cuda][norm]") { check_act<Act::leaky_relu>(); }

TEST_CASE("cuda norm: bfloat16", "[cuda][norm]") {
  check_norm<NormOf<batch, 1, NormAffine::channel, Act::relu>, __nv_bfloat16>("batch");
  check_norm<NormOf<group, 1, NormAffine::element, Act::gelu>, __nv_bfloat16>("layer");
}

}  // namespace castnet::test::norm_activations
