#include "train/loop.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "allocations.hpp"
#include "softmax_program.hpp"
#include "train/initialise.hpp"

using namespace castnet;
using Catch::Contains;

namespace {

const Split& small_split() {
  static const Split split = draw_shapes(true, 330, 70);
  return split;
}

/// Slow enough for a linear map on 330 images to improve.
test::SoftmaxSetup setup() {
  test::SoftmaxSetup result;
  result.recipe.schedule.rate = 0.003;
  return result;
}

const RunIdentity kIdentity{.name = "softmax",
                            .variant = "",
                            .spec_sha256 = "5eed",
                            .data_sha256 = "da7a",
                            .seed = 7,
                            .epochs = 3};

/// What must not depend on interruptions: all but the times, to the digits of metrics.csv, and the
/// weights to the bit.
std::string figures(const TrainingState& state) {
  std::vector<EpochRow> rows = state.rows;
  for (EpochRow& row : rows) row.seconds = row.images_per_second = 0;
  return fmt::format("{} {} {}\n{}", state.best_epoch, state.best_correct, state.best_loss,
                     metrics_csv(rows));
}

std::string uninterrupted() {
  test::SoftmaxProgram program(setup());
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, small_split(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  REQUIRE(loop.run({}));
  return figures(loop.state()) + weights_sha256(program);
}

/// Runs until `stop_after` questions were asked, saves, and goes on in another program, and so on.
std::string interrupted_each(int stop_after, int& interruptions) {
  std::string saved;
  for (interruptions = 0;; ++interruptions) {
    test::SoftmaxProgram program(setup());
    Progress progress(Progress::Style::quiet);
    TrainingLoop loop(program, small_split(), kIdentity, progress);
    if (saved.empty()) {
      initialise(program, kIdentity.seed);
    } else {
      loop.restore(load_state(parse_safetensors(saved, "last"), program, kIdentity, "last"));
    }
    int questions = 0;
    const LoopEvents events{.stop = [&] { return ++questions == stop_after; }, .epoch_done = {}};
    if (loop.run(events)) return figures(loop.state()) + weights_sha256(program);
    saved = serialise(state_file(program, kIdentity, loop.state()));
  }
}

}  // namespace

TEST_CASE("a resumed run has the bits of an uninterrupted one", "[runtime][loop]") {
  // 10 steps and 3 evaluation batches an epoch: 4 stops within an epoch, 10 at its last step, 12
  // within an evaluation.
  const int stop_after = GENERATE(4, 7, 10, 12, 13);
  int interruptions = 0;
  CHECK(interrupted_each(stop_after, interruptions) == uninterrupted());
  CHECK(interruptions >= 2);
}

TEST_CASE("bits do not depend on the number of threads", "[runtime][loop]") {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const std::string one = uninterrupted();
  omp_set_num_threads(2);
  CHECK(uninterrupted() == one);
  omp_set_num_threads(threads);
}

TEST_CASE("the loop learns, drops the last batch and evaluates every image", "[runtime][loop]") {
  test::SoftmaxProgram program(setup());
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, small_split(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  CHECK(loop.length().steps_per_epoch == 10);
  int epochs = 0;
  REQUIRE(loop.run({.stop = {}, .epoch_done = [&](const TrainingState& state, bool) {
                      CHECK(state.rows.size() == static_cast<std::size_t>(++epochs));
                      CHECK(state.position == 0);
                    }}));
  CHECK(epochs == 3);
  const auto& rows = loop.state().rows;
  CHECK(rows.back().step == 30);
  CHECK(rows.back().train_loss < rows.front().train_loss);
  CHECK(rows.back().weights_sha256 == weights_sha256(program));
  const Evaluation evaluation = loop.evaluate_test();
  CHECK(evaluation.loss == rows.back().test_loss);
  CHECK(evaluation.accuracy() == rows.back().test_accuracy);
  CHECK(evaluation.predicted.size() == 70);
}

TEST_CASE("training steps and evaluation allocate nothing", "[runtime][loop]") {
  test::SoftmaxProgram program(setup());
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, small_split(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  std::uint64_t at_first_question = 0, at_last_question = 0;
  int questions = 0;
  const StopHook stop = [&] {
    if (++questions == 1) at_first_question = test::allocations;
    at_last_question = test::allocations;
    return questions == 13;  // after ten steps, before the last evaluation batch
  };
  const LoopEvents events{.stop = stop, .epoch_done = {}};
  REQUIRE_FALSE(loop.run(events));
  CHECK(questions == 13);
  CHECK(at_last_question - at_first_question == 0);
}

TEST_CASE("a loss that is not finite stops the run", "[runtime][loop]") {
  test::SoftmaxProgram program(setup());
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, small_split(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  program.parameters()[0] = std::numeric_limits<Real>::quiet_NaN();
  CHECK_THROWS_WITH(loop.run({}), Contains("epoch 1, step 1") && Contains("learning rate"));
}

TEST_CASE("data that do not fit the network are refused", "[runtime][loop]") {
  const test::SoftmaxProgram program;
  Split split = small_split();
  SECTION("shape") {
    split.test.width = 27;
    CHECK_THROWS_WITH(check_fits(split, program.info()), Contains("1x28x27"));
  }
  SECTION("classes") {
    split.classes.pop_back();
    CHECK_THROWS_WITH(check_fits(split, program.info()), Contains("9 classes"));
  }
  SECTION("too few") {
    split.train = draw_shapes(true, 31, 1).train;
    CHECK_THROWS_WITH(check_fits(split, program.info()), Contains("one batch of 32"));
  }
}
