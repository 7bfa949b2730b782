// Training with reduced precision, as this program is compiled: near to the CPU's curve, but not
// its bits.
#include <cmath>
#include <vector>

#include "../cuda_programs/support.hpp"
#include "cuda/value.hpp"

// Named, for nvcc.
namespace castnet::test::precision {

using cuda::kPrecision;
using cuda::Precision;

/// Relative: sums of the CPU's float32 against inputs of 11 (tf32) or 8 (bf16) bits.
constexpr double kTolerance = kPrecision == Precision::tf32 ? 3e-3 : 1e-2;

/// The distance of two runs' weights, relative to how far the first came from `start`.
double distance(std::span<const Real> a, std::span<const Real> b, std::span<const Real> start) {
  double apart = 0, way = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    apart += std::pow(double(a[i]) - double(b[i]), 2);
    way += std::pow(double(a[i]) - double(start[i]), 2);
  }
  return std::sqrt(apart / way);
}

/// Of the weights; rounding turns ReLUs on and off; unrelated runs are 1.4 apart.
constexpr double kApart = kPrecision == Precision::tf32 ? 0.3 : 0.8;

void check_curve(std::unique_ptr<Program> (*make)(), std::unique_ptr<Program> (*make_cpu)()) {
  Run cpu(make_cpu), reduced(make), again(make);
  const std::vector<Real> start(cpu.program->parameters().begin(), cpu.program->parameters().end());
  REQUIRE(cpu.loop.run({}));
  REQUIRE(reduced.loop.run({}));
  REQUIRE(again.loop.run({}));
  CHECK(end_of(again.loop, *again.program) == end_of(reduced.loop, *reduced.program));
  const double apart = distance(cpu.program->parameters(), reduced.program->parameters(), start);
  CHECK(apart < kApart);
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
  const Notes notes = dynamic_cast<Accelerated&>(*program).prepare();
  CHECK(notes.at("precision") == cuda::to_word(kPrecision));
}

}  // namespace castnet::test::precision
