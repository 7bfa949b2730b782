// Training on the CUDA target: the CPU's curve, the same bits in every run, however it is cut.
#include <algorithm>
#include <cmath>
#include <limits>

#include "run/weights.hpp"
#include "support.hpp"

// Named, for nvcc.
namespace castnet::test::loop {

using Catch::Contains;

/// The end of a run of two epochs.
std::string end_of_run(std::unique_ptr<Program> (*make)()) {
  Run run(make);
  REQUIRE(run.loop.run({}));
  return end_of(run.loop, *run.program);
}

/// The largest difference of two arenas, relative to the largest value.
double difference(std::span<const Real> a, std::span<const Real> b) {
  double most = 0, scale = 0;
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(double(a[i]) - double(b[i])));
    scale = std::max(scale, std::abs(double(a[i])));
  }
  return scale > 0 ? most / scale : most;
}

/// Two runs' curves, equal but for rounding.
void check_curves(const std::vector<EpochRow>& rows, const std::vector<EpochRow>& expected) {
  REQUIRE(rows.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(rows[i].step == (i + 1) * kSteps);
    CHECK(rows[i].rate == expected[i].rate);
    CHECK(rows[i].train_loss == Approx(expected[i].train_loss).margin(1e-4));
    CHECK(rows[i].test_loss == Approx(expected[i].test_loss).margin(1e-4));
    CHECK(std::abs(rows[i].train_accuracy - expected[i].train_accuracy) < 1.5 * 100 / 160);
    CHECK(std::abs(rows[i].test_accuracy - expected[i].test_accuracy) < 1.5 * 100 / 40);
  }
}

TEST_CASE("both targets train to the same curve", "[cuda_programs]") {
  for (const Pair& pair : kPairs) {
    INFO(pair.name);
    Run cpu(pair.cpu), cuda(pair.cuda);
    REQUIRE(cpu.loop.run({}));
    REQUIRE(cuda.loop.run({}));
    check_curves(cuda.loop.state().rows, cpu.loop.state().rows);
    CHECK(cuda.loop.state().rows[1].train_loss < cuda.loop.state().rows[0].train_loss);
    for (const TensorInfo& tensor : cpu.program->info().parameters) {
      INFO(tensor.name);
      const auto of = [&](Run& run) {
        return run.program->parameters().subspan(tensor.offset, tensor.elements);
      };
      CHECK(difference(of(cpu), of(cuda)) < 1e-3);
    }
    CHECK(difference(cpu.program->statistics(), cuda.program->statistics()) < 1e-3);
    CHECK(difference(cpu.program->averages(), cuda.program->averages()) < 1e-3);
  }
}

TEST_CASE("an engine leaves the network's state as it is", "[cuda_programs]") {
  for (const Pair& pair : kPairs) {
    INFO(pair.name);
    const auto program = pair.cuda();
    initialise(*program, 7);
    const auto state = [&] {
      program->fetch();
      std::vector<Real> all;
      for (const std::span<Real> part : {program->parameters(), program->optimizer_state(),
                                         program->statistics(), program->averages()}) {
        all.insert(all.end(), part.begin(), part.end());
      }
      return all;
    };
    const std::vector<Real> before = state();
    const auto engine = make_engine(*program, small_split());
    CHECK(state() == before);
  }
}

TEST_CASE("every run has the same bits", "[cuda_programs]") {
  for (const Pair& pair : kPairs) {
    INFO(pair.name);
    const std::string end = end_of_run(pair.cuda);
    {  // a step at a time, each layer waited for, instead of graphs
      const Environment check("CASTNET_CUDA_CHECK", "1");
      CHECK(end_of_run(pair.cuda) == end);
    }
    const ReverseOrder reverse;
    CHECK(end_of_run(pair.cuda) == end);
  }
}

/// Stops after every `stop_after` questions; the saved state goes on in another program.
std::string interrupted_each(std::unique_ptr<Program> (*make)(), int stop_after,
                             int& interruptions) {
  std::string saved;
  for (interruptions = 0;; ++interruptions) {
    Run run(make);
    if (!saved.empty()) {
      run.loop.restore(
          load_state(parse_safetensors(saved, "last"), *run.program, kPairIdentity, "last"));
    }
    int questions = 0;
    if (run.loop.run({.stop = [&] { return ++questions == stop_after; }, .epoch_done = {}})) {
      return end_of(run.loop, *run.program);
    }
    saved = serialise(state_file(*run.program, kPairIdentity, run.loop.state()));
  }
}

TEST_CASE("a run that is cut and resumed has an uncut run's bits", "[cuda_programs]") {
  // An epoch asks three times in its steps and three times in its evaluation. Runs end in the first
  // evaluation; in that of a resumed one and after eight steps, or after nine.
  const int stop_after = GENERATE(4, 5);
  const auto make = GENERATE(generated::cuda::make_small, generated::cuda::make_small_averaged);
  int interruptions = 0;
  CHECK(interrupted_each(make, stop_after, interruptions) == end_of_run(make));
  CHECK(interruptions >= 2);
}

TEST_CASE("a run that is cut goes on in the same program", "[cuda_programs]") {
  const auto make = generated::cuda::make_small_averaged;
  Run run(make);
  int questions = 0, cuts = 0;
  // Within an epoch, whose order is then made again, and at its end, when the next one's is there.
  const LoopEvents events{.stop = [&] { return ++questions % 5 == 0; }, .epoch_done = {}};
  while (!run.loop.run(events)) ++cuts;
  CHECK(cuts >= 2);
  CHECK(end_of(run.loop, *run.program) == end_of_run(make));
}

TEST_CASE("a loss that is not finite ends a run at the epoch's end", "[cuda_programs]") {
  Run run(generated::cuda::make_small);
  int questions = 0;
  run.program->parameters()[0] = std::numeric_limits<Real>::quiet_NaN();
  run.program->store();
  const LoopEvents events{.stop = [&] { return ++questions < 0; }, .epoch_done = {}};
  CHECK_THROWS_WITH(run.loop.run(events),
                    Contains("in epoch 1, at or before step 10") && Contains("learning rate"));
  CHECK(questions == kLaunches - 1);  // the last launch's sums are read at once
  CHECK_THROWS_AS(run.loop.run(events), NonFiniteLoss);
}

TEST_CASE("averages are evaluated on the device, the trained weights stay", "[cuda_programs]") {
  Run run(generated::cuda::make_small_averaged);
  REQUIRE(run.loop.run({}));
  const std::string end = end_of(run.loop, *run.program);
  const double loss = run.loop.evaluate_test().loss;
  CHECK(loss == Approx(run.loop.state().rows.back().test_loss).margin(1e-6));
  run.program->fetch();
  CHECK(end_of(run.loop, *run.program) == end);
  // The averages were evaluated: that the trained weights become theirs changes nothing.
  const Weights averages = evaluated_weights(*run.program);
  const Weights trained = trained_weights(*run.program);
  CHECK_FALSE(std::ranges::equal(averages.parameters, trained.parameters));
  std::ranges::copy(averages.parameters, trained.parameters.begin());
  std::ranges::copy(averages.statistics, trained.statistics.begin());
  run.program->store();
  CHECK(run.loop.evaluate_test().loss == loss);
}

TEST_CASE("an evaluation is the one of batches filled on the host", "[cuda_programs]") {
  Run run(generated::cuda::make_small);
  const DataSet& test = small_split().test;
  const Evaluation engine = run.loop.evaluate_test();
  Evaluation host(test.size());
  const ProgramInfo& info = run.program->info();
  const Augmenter augmenter(info, normalisation_of(info, small_split().train));
  REQUIRE(evaluate(*run.program, augmenter, test, {}, host));
  CHECK(engine.loss == host.loss);
  CHECK(engine.correct == host.correct);
  CHECK(engine.predicted == host.predicted);
  CHECK(engine.probability == host.probability);
  CHECK(engine.losses == host.losses);
}

}  // namespace castnet::test::loop
