#include "train/loop.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../catch.hpp"
#include "allocations.hpp"
#include "castnet_shared/file.hpp"
#include "core/threads.hpp"
#include "loop_support.hpp"
#include "redirect.hpp"
#include "run/early_stopping.hpp"
#include "run/weights.hpp"
#include "softmax_program.hpp"
#include "temporary_folder.hpp"
#include "train/initialise.hpp"
#include "train/schedule.hpp"

using namespace castnet;
using Catch::Contains;
using test::end_of;
using test::kIdentity;
using test::ten_batches;

namespace {

/// Slow enough for a linear map on 330 images to improve.
test::SoftmaxSetup improving(double ema = 0) {
  test::SoftmaxSetup result;
  result.recipe.schedule.rate = 0.003;
  result.recipe.ema = ema;
  return result;
}

std::string uninterrupted(double ema = 0) {
  test::SoftmaxProgram program(improving(ema));
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  REQUIRE(loop.run({}));
  return end_of(loop, program);
}

/// Runs until `stop_after` questions were asked, saves, and goes on in another program, and so on.
std::string interrupted_each(int stop_after, int& interruptions, double ema = 0) {
  std::string saved;
  for (interruptions = 0;; ++interruptions) {
    test::SoftmaxProgram program(improving(ema));
    Progress progress(Progress::Style::quiet);
    TrainingLoop loop(program, ten_batches(), kIdentity, progress);
    if (saved.empty()) {
      initialise(program, kIdentity.seed);
    } else {
      loop.restore(load_state(parse_safetensors(saved, "last"), program, kIdentity, "last"));
    }
    int questions = 0;
    const LoopEvents events{.stop = [&] { return ++questions == stop_after; }, .epoch_done = {}};
    if (loop.run(events)) return end_of(loop, program);
    saved = serialise(state_file(program, kIdentity, loop.state()));
  }
}

/// Notes the rate of each step. In training every loss is 2 and a quarter of the images are right;
/// in evaluation the loss and the share of right ones are what the script says of the epoch.
class NotingProgram : public test::SoftmaxProgram {
 public:
  struct Epoch {
    Real loss;
    std::size_t right;  ///< of four images
  };

  explicit NotingProgram(std::vector<Epoch> script)
      : SoftmaxProgram(improving()),
        script_(std::move(script)),
        batch_(static_cast<std::size_t>(info().batch)),
        losses_(batch_),
        probabilities_(batch_ * static_cast<std::size_t>(info().classes)) {}

  std::vector<double> rates;

  void forward(Mode mode, const Step& step) override {
    if (mode == Mode::train) statistics()[0] = static_cast<Real>(step.epoch);
    const auto epoch = static_cast<std::size_t>(statistics()[0]);
    const Epoch told = mode == Mode::train ? Epoch{2, 1} : script_.at(epoch);
    std::ranges::fill(losses_, told.loss);
    const std::size_t classes = probabilities_.size() / batch_;
    std::ranges::fill(probabilities_, Real(0));
    for (std::size_t n = 0; n < batch_; ++n) {
      const std::span<const Real> target = targets().subspan(n * classes, classes);
      const auto label = std::ranges::max_element(target) - target.begin();
      const bool right = n % 4 < told.right;
      probabilities_[n * classes + (static_cast<std::size_t>(label) + (right ? 0 : 1)) % classes] =
          1;
    }
  }
  void backward(const Step&) override {}
  void update(const Step& step) override { rates.push_back(step.learning_rate); }
  std::span<const Real> losses() const override { return losses_; }
  std::span<const Real> probabilities() const override { return probabilities_; }

 private:
  std::vector<Epoch> script_;
  std::size_t batch_;
  std::vector<Real> losses_, probabilities_;
};

}  // namespace

TEST_CASE("a resumed run has the bits of an uninterrupted one", "[runtime][loop]") {
  // 10 steps and 3 evaluation batches an epoch: 4 stops within an epoch, 10 at its last step, 12
  // within an evaluation.
  const int stop_after = GENERATE(4, 7, 10, 12, 13);
  const double ema = GENERATE(0, 0.9);
  int interruptions = 0;
  CHECK(interrupted_each(stop_after, interruptions, ema) == uninterrupted(ema));
  CHECK(interruptions >= 2);
}

TEST_CASE("bits do not depend on the number of threads", "[runtime][loop]") {
  const int threads = thread_count();
  set_thread_count(1);
  const std::string one = uninterrupted(0.9);
  set_thread_count(2);
  CHECK(uninterrupted(0.9) == one);
  set_thread_count(threads);
}

TEST_CASE("the loop learns, drops the last batch and evaluates every image", "[runtime][loop]") {
  test::SoftmaxProgram program(improving());
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
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
  CHECK(evaluation.loss == Approx(rows.back().test_loss).margin(1e-6));
  CHECK(evaluation.accuracy() == Approx(rows.back().test_accuracy).margin(0.01));
  CHECK(evaluation.predicted.size() == 70);
}

TEST_CASE(
    "figures are of the images that were trained on, rates of the schedule, and the best epoch "
    "of the accuracy",
    "[runtime][loop]") {
  // The second epoch has the most right, the third the least loss.
  NotingProgram program({{1, 1}, {3, 3}, {Real(0.5), 2}});
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  REQUIRE(loop.run({}));
  const TrainingState& state = loop.state();
  REQUIRE(state.rows.size() == 3);
  for (const EpochRow& row : state.rows) {
    CHECK(row.train_loss == 2);  // of ten batches of 32; the last ten of 330 images wait
    CHECK(row.train_accuracy == 25);
  }
  CHECK(state.rows[1].test_loss == 3);
  // Of 70 images in batches of 32, the last has six.
  CHECK(state.rows[1].test_accuracy == Approx(100.0 * (24 + 24 + 5) / 70).margin(0.005));
  CHECK(state.best_epoch == 2);
  CHECK(state.best_correct == 53);
  REQUIRE(program.rates.size() == 30);
  for (std::size_t step = 0; step < 30; ++step) {
    // The library may contract products and sums into one rounding.
    const double rate = learning_rate(program.info().recipe.schedule, step, loop.length());
    CHECK(program.rates[step] == Approx(rate).epsilon(1e-12));
  }
  // A row has its last step's rate, in the digits of metrics.csv.
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    CHECK(state.rows[epoch].rate == Approx(program.rates[10 * epoch + 9]).epsilon(1e-7));
  }
}

TEST_CASE("of epochs that are equally good the first is the best", "[runtime][loop]") {
  NotingProgram program({{1, 2}, {1, 2}, {Real(0.5), 1}});
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  REQUIRE(loop.run({}));
  CHECK(loop.state().best_epoch == 1);
}

TEST_CASE("an epoch is told after it has been saved", "[runtime][loop]") {
  const test::TemporaryFolder folder;
  const test::Redirect told(stderr, folder / "told");
  test::SoftmaxProgram program(improving());
  Progress progress(Progress::Style::lines);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  const auto lines = [&] { return std::ranges::count(read_file(folder / "told"), '\n'); };
  int epochs = 0;
  REQUIRE(loop.run(
      {.stop = {}, .epoch_done = [&](const TrainingState&, bool) { CHECK(lines() == epochs++); }}));
  CHECK(lines() == 3);
}

TEST_CASE("training steps and evaluation allocate nothing", "[runtime][loop]") {
  test::SoftmaxProgram program(improving(0.9));
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
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

TEST_CASE("averages are evaluated, the trained weights go on", "[runtime][loop][ema]") {
  test::SoftmaxProgram plain(improving()), averaged(improving(0.9));
  Progress progress(Progress::Style::quiet);
  TrainingLoop without(plain, ten_batches(), kIdentity, progress);
  TrainingLoop with(averaged, ten_batches(), kIdentity, progress);
  for (test::SoftmaxProgram* program : {&plain, &averaged}) initialise(*program, kIdentity.seed);
  REQUIRE(without.run({}));
  REQUIRE(with.run({}));
  CHECK(std::ranges::equal(plain.parameters(), averaged.parameters()));
  CHECK(std::ranges::equal(plain.statistics(), averaged.statistics()));
  const EpochRow& row = with.state().rows.back();
  CHECK(row.train_loss == without.state().rows.back().train_loss);
  CHECK(row.test_loss != without.state().rows.back().test_loss);
  // The averages in a program that has none give the figures and hash of the one that has.
  std::ranges::copy(evaluated_weights(averaged).parameters, plain.parameters().begin());
  std::ranges::copy(evaluated_weights(averaged).statistics, plain.statistics().begin());
  CHECK(row.weights_sha256 == weights_sha256(plain));
  CHECK(with.evaluate_test().loss == without.evaluate_test().loss);
  CHECK(with.evaluate_test().loss == Approx(row.test_loss).margin(1e-6));
}

TEST_CASE("an evaluation that is cut short leaves the trained weights", "[runtime][loop][ema]") {
  /// Throws in its second evaluation batch.
  class Failing : public test::SoftmaxProgram {
   public:
    Failing() : SoftmaxProgram(improving(0.9)) {}
    void forward(Mode mode, const Step& step) override {
      SoftmaxProgram::forward(mode, step);
      if (mode == Mode::evaluate && ++batches_ == 2) throw std::runtime_error("cut short");
    }

   private:
    int batches_ = 0;
  } program;
  std::ranges::fill(program.parameters(), Real(1));
  program.statistics()[0] = Real(2);
  std::ranges::fill(program.averages(), Real(3));
  Evaluation result(ten_batches().test.size());
  const Augmenter augmenter(program.info(), normalisation_of(program.info(), ten_batches().train));
  SECTION("by an exception") {
    CHECK_THROWS_WITH(evaluate(program, augmenter, ten_batches().test, {}, result), "cut short");
  }
  SECTION("by an interrupt") {
    const StopHook stop = [] { return true; };
    CHECK_FALSE(evaluate(program, augmenter, ten_batches().test, stop, result));
  }
  CHECK(std::ranges::count(program.parameters(), Real(1)) == std::ssize(program.parameters()));
  CHECK(program.statistics()[0] == Real(2));
  CHECK(std::ranges::count(program.averages(), Real(3)) == std::ssize(program.averages()));
}

TEST_CASE("an improvement beats the best by more than the least change", "[runtime][stopping]") {
  using Metric = EarlyStoppingRecipe::Metric;
  EpochRow best;
  best.train_loss = 0.5;
  best.train_accuracy = 80;
  best.test_loss = 1.5;
  best.test_accuracy = 60;
  const auto better = [&best](Metric metric, double min_change, double EpochRow::*member,
                              double change) {
    EpochRow now = best;
    now.*member += change;
    return improves({.metric = metric, .patience = 1, .min_change = min_change}, best, now);
  };
  for (const double least : {0.0, 0.25}) {
    CHECK(better(Metric::test_loss, least, &EpochRow::test_loss, -least - 0.125));
    CHECK_FALSE(better(Metric::test_loss, least, &EpochRow::test_loss, -least));
    CHECK_FALSE(better(Metric::test_loss, least, &EpochRow::test_loss, least + 1));
    CHECK(better(Metric::train_loss, least, &EpochRow::train_loss, -least - 0.125));
    CHECK_FALSE(better(Metric::train_loss, least, &EpochRow::test_loss, -1));
    CHECK(better(Metric::test_accuracy, least, &EpochRow::test_accuracy, least + 0.125));
    CHECK_FALSE(better(Metric::test_accuracy, least, &EpochRow::test_accuracy, least));
    CHECK_FALSE(better(Metric::test_accuracy, least, &EpochRow::test_accuracy, -least - 1));
    CHECK(better(Metric::train_accuracy, least, &EpochRow::train_accuracy, least + 0.125));
    CHECK_FALSE(better(Metric::train_accuracy, least, &EpochRow::test_accuracy, 1));
  }
}

namespace {

/// The epochs that were best and how many were trained, of a run whose test losses are `losses`.
std::pair<std::vector<int>, std::size_t> best_epochs(const EarlyStoppingRecipe& stopping,
                                                     const std::vector<Real>& losses) {
  test::SoftmaxSetup with = improving();
  with.recipe.early_stopping = stopping;
  test::ScriptedProgram program(with, losses);
  Progress progress(Progress::Style::quiet);
  RunIdentity identity = kIdentity;
  identity.epochs = static_cast<int>(losses.size());
  TrainingLoop loop(program, ten_batches(), identity, progress);
  initialise(program, 1);
  std::vector<int> best;
  const auto epoch_done = [&best](const TrainingState& state, bool is_best) {
    if (is_best) best.push_back(state.rows.back().epoch);
    CHECK((state.best_epoch == state.rows.back().epoch) == is_best);
  };
  REQUIRE(loop.run({.stop = {}, .epoch_done = epoch_done}));
  const std::size_t epochs = loop.state().rows.size();
  REQUIRE(loop.run({.stop = {}, .epoch_done = epoch_done}));  // what has ended does not go on
  CHECK(loop.state().rows.size() == epochs);
  return {best, epochs};
}

}  // namespace

TEST_CASE("a run stops when its metric has not improved for long", "[runtime][stopping]") {
  using Result = std::pair<std::vector<int>, std::size_t>;
  const std::vector<Real> losses = {2, 1, Real(1.5), Real(0.9), 3, 3, Real(0.5), 3};
  CHECK(best_epochs({.patience = 1}, losses) == Result{{1, 2}, 3});
  CHECK(best_epochs({.patience = 2}, losses) == Result{{1, 2, 4}, 6});
  CHECK(best_epochs({.patience = 3}, losses) == Result{{1, 2, 4, 7}, 8});
  // 0.9 is too little of a change from 1; 0.5 comes when the patience is at its end.
  CHECK(best_epochs({.patience = 4, .min_change = 0.25}, losses) == Result{{1, 2}, 6});
  CHECK(best_epochs({.patience = 5, .min_change = 0.25}, losses) == Result{{1, 2, 7}, 8});
  // What is better than the last epoch, but not than the best, does not count.
  CHECK(best_epochs({.patience = 3}, {2, 1, Real(1.5), Real(1.2), Real(1.1), 3}) ==
        Result{{1, 2}, 5});
  // Without patience nothing stops, and accuracy, always the same here, decides before the loss.
  CHECK(best_epochs({.patience = 0}, losses) == Result{{1, 2, 4, 7}, 8});
}

TEST_CASE("a loss that is not finite stops the run", "[runtime][loop]") {
  test::SoftmaxProgram program(improving());
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  program.parameters()[0] = std::numeric_limits<Real>::quiet_NaN();
  CHECK_THROWS_WITH(loop.run({}), Contains("epoch 1, at step 1") && Contains("learning rate"));
}

TEST_CASE("a state that contradicts the run or itself is refused", "[runtime][loop]") {
  test::SoftmaxProgram program(improving());
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  TrainingState state{.step = 12, .epoch = 1, .position = 2, .best_epoch = 1, .rows = {EpochRow{}}};
  CHECK_NOTHROW(loop.restore(state));
  SECTION("steps") { state.step = 13; }
  SECTION("epochs") { state.epoch = 4; }
  SECTION("rows") { state.rows.clear(); }
  SECTION("no best epoch") { state.best_epoch = 0; }
  SECTION("a best epoch to come") { state.best_epoch = 2; }
  SECTION("a best epoch before the first") { state.best_epoch = -1; }
  CHECK_THROWS_AS(loop.restore(state), CheckpointError);
}

TEST_CASE("data that do not fit the network are refused", "[runtime][loop]") {
  const test::SoftmaxProgram program;
  Split split = ten_batches();
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
