// Training with reduced precision, as this program is compiled: near to the CPU's curve, but not
// its bits.
#include "../cuda_programs/support.hpp"
#include "cuda/value.hpp"

// Named, for nvcc.
namespace castnet::test::precision {

using cuda::kPrecision;
using cuda::Precision;

/// Relative: sums of the CPU's float32 against inputs of 11 (tf32) or 8 (bf16) bits.
constexpr double kTolerance = kPrecision == Precision::tf32 ? 1e-3 : 1e-2;

void check_curve(std::unique_ptr<Program> (*make)(), std::unique_ptr<Program> (*make_cpu)()) {
  Run cpu(make_cpu), reduced(make), again(make);
  REQUIRE(cpu.loop.run({}));
  REQUIRE(reduced.loop.run({}));
  REQUIRE(again.loop.run({}));
  CHECK(end_of(again.loop, *again.program) == end_of(reduced.loop, *reduced.program));
  const auto &rows = reduced.loop.state().rows, &expected = cpu.loop.state().rows;
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].train_loss < rows[0].train_loss);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(rows[i].train_loss == Approx(expected[i].train_loss).epsilon(kTolerance));
    CHECK(rows[i].test_loss == Approx(expected[i].test_loss).epsilon(kTolerance));
    CHECK(rows[i].train_loss != expected[i].train_loss);
  }
}

TEST_CASE("reduced precision trains near to the CPU's curve", "[cuda_precision]") {
  SECTION("batch norm, SGD") { check_curve(generated::cuda::make_small, generated::make_small); }
  SECTION("layer norm, AdamW") {
    check_curve(generated::cuda::make_small_layer, generated::make_small_layer);
  }
}

TEST_CASE("a run says its precision", "[cuda_precision]") {
  const auto program = generated::cuda::make_small();
  const Notes notes = dynamic_cast<Accelerated&>(*program).prepare({});
  CHECK(notes.at("precision") == cuda::to_word(kPrecision));
}

}  // namespace castnet::test::precision
