// How many kernels a step launches, as the host's implementation counts them: each takes a GPU some
// microseconds, whatever it computes.
#include "../cuda_programs/support.hpp"
#include "cuda/value.hpp"

#ifdef CASTNET_HOST_CUDA
#include "host_cuda/counts.hpp"

namespace castnet::test::launches {

using cuda::kPrecision;
using cuda::Precision;
using host_cuda::counts;

/// Kernels of castnet's own, without those that make a batch.
struct Case {
  const char* name;
  std::unique_ptr<Program> (*make)();
  std::uint64_t step, evaluation;
};

const Case kCases[] = {{"batch norm, SGD", generated::cuda::make_small, 34, 11},
                       {"layer norm by element, AdamW", generated::cuda::make_small_layer, 34, 11}};

/// All weights are converted at once, and so are their gradients.
constexpr std::uint64_t kConversions = kPrecision == Precision::bf16 ? 1 : 0;

TEST_CASE("a step launches as few kernels as is known", "[cuda_precision]") {
  for (const Case& one : kCases) {
    INFO(one.name);
    const auto program = one.make();
    initialise(*program, 7);
    const std::uint64_t before = counts.launches;
    program->forward(Mode::train, {});
    program->backward({});
    program->update({});
    const std::uint64_t step = counts.launches - before;
    CHECK(step == one.step + 2 * kConversions);
    program->forward(Mode::evaluate, {});
    CHECK(counts.launches - before - step == one.evaluation + kConversions);
  }
}

}  // namespace castnet::test::launches
#endif
