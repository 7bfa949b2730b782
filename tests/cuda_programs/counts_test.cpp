// What an epoch must not ask of the device, as the host's implementation counts it.
#include <algorithm>
#include <cmath>

#include "support.hpp"

#ifdef CASTNET_HOST_CUDA
#include "host_cuda/counts.hpp"

namespace castnet::test::counting {

using host_cuda::Counts;
using host_cuda::counts;

TEST_CASE("steps and batches wait for nothing, and a run allocates nothing", "[cuda_programs]") {
  for (const Pair& pair : kPairs) {
    INFO(pair.name);
    Run run(pair.cuda);
    std::vector<Counts> at;
    at.reserve(100);
    const StopHook stop = [&] {
      at.push_back(counts);
      return false;
    };
    const Counts before = counts;
    REQUIRE(run.loop.run({.stop = stop, .epoch_done = {}}));
    constexpr std::size_t kQuestions = kLaunches + kBatches;
    REQUIRE(at.size() == 2 * kQuestions);
    for (std::size_t first : {std::size_t{0}, kQuestions}) {
      const std::size_t last_step = first + kLaunches - 1, last = first + kQuestions - 1;
      // The last launch of steps is followed by the wait for their sums.
      CHECK(at[last_step - 1].waits == at[first].waits);
      CHECK(at[last_step].waits == at[first].waits + 1);
      CHECK(at[last].waits == at[last_step].waits);
      CHECK(at[last].graphs == at[first].graphs + kQuestions - 1);
    }
    // An epoch waits for its sums, its evaluation, the three results of that, and the weights.
    CHECK(counts.waits == before.waits + 2 * 6);
    CHECK(counts.allocations == before.allocations);
  }
}

TEST_CASE("what a step writes before it reads it is not cleared", "[cuda_programs]") {
  for (const Pair& pair : kPairs) {
    INFO(pair.name);
    const auto program = pair.cuda();
    cuda::DeviceNetwork& network = dynamic_cast<cuda::DeviceProgram&>(*program).network();
    std::vector<Real> values(network.activations().size());
    CASTNET_CHECK(cudaMemcpy(values.data(), network.activations().data(),
                             network.activations().size_bytes(), cudaMemcpyDeviceToHost));
    CHECK(std::ranges::all_of(values, [](Real value) { return std::isnan(value); }));
  }
}

TEST_CASE("steps are not captured where each layer is waited for", "[cuda_programs]") {
  const Environment check("CASTNET_CUDA_CHECK", "1");
  Run run(generated::cuda::make_small);
  const Counts before = counts;
  REQUIRE(run.loop.run({}));
  CHECK(counts.graphs == before.graphs);
  CHECK(counts.waits > before.waits + 2 * kSteps);
}

}  // namespace castnet::test::counting
#endif
