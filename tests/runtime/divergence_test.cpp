// Trainings that go wrong and end well: when they are told of, and when not.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "loop_support.hpp"
#include "redirect.hpp"
#include "run/guessing.hpp"
#include "softmax_program.hpp"
#include "temporary_folder.hpp"
#include "train/host_engine.hpp"
#include "train/initialise.hpp"
#include "train/loop.hpp"
#include "train/messages.hpp"

using namespace castnet;
using Catch::Contains;
using test::kIdentity;
using test::ten_batches;

namespace {

test::SoftmaxSetup constant_rate(double rate) {
  test::SoftmaxSetup result;
  result.recipe.schedule = {.kind = ScheduleRecipe::Kind::constant, .rate = rate};
  return result;
}

/// Its training loss is what the script says of the step.
class ScriptedTraining : public test::SoftmaxProgram {
 public:
  explicit ScriptedTraining(std::vector<Real> losses)
      : SoftmaxProgram(constant_rate(0.001)),
        script_(std::move(losses)),
        scripted_(static_cast<std::size_t>(info().batch)) {}
  void forward(Mode mode, const Step& step) override {
    SoftmaxProgram::forward(mode, step);
    training_ = mode == Mode::train;
    if (training_) std::ranges::fill(scripted_, script_.at(step.number - 1));
  }
  std::span<const Real> losses() const override {
    return training_ ? std::span<const Real>(scripted_) : SoftmaxProgram::losses();
  }

 private:
  std::vector<Real> script_, scripted_;
  bool training_ = false;
};

/// As an engine that queues its steps: their work is done, and takes its time, when `sums` waits.
class QueueingEngine final : public Engine {
 public:
  QueueingEngine(Program& program, const Split& split) : engine_(program, split) {}
  void begin_epoch(std::span<const Step> steps, std::size_t position,
                   const TrainingSums& before) override {
    engine_.begin_epoch(steps, position, before);
  }
  std::size_t advance() override { return engine_.advance(); }
  TrainingSums sums() override {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return engine_.sums();
  }
  bool immediate() const override { return false; }
  bool evaluate(const StopHook& stop, Evaluation& result) override {
    return engine_.evaluate(stop, result);
  }

 private:
  HostEngine engine_;
};

class QueueingTraining : public ScriptedTraining, public Accelerated {
 public:
  using ScriptedTraining::ScriptedTraining;
  Notes prepare() override { return {}; }
  std::unique_ptr<Engine> make_engine(const Split& split) override {
    return std::make_unique<QueueingEngine>(*this, split);
  }
};

/// What a run of three epochs says on standard error.
std::string told(Program& program, Progress::Style style = Progress::Style::lines) {
  const test::TemporaryFolder folder;
  {
    const test::Redirect elsewhere(stderr, folder / "told");
    Progress progress(style);
    TrainingLoop loop(program, ten_batches(), kIdentity, progress);
    initialise(program, kIdentity.seed);
    REQUIRE(loop.run({}));
  }
  return read_file(folder / "told");
}

std::size_t warnings(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find("warning: ", at)) != text.npos; ++at) ++count;
  return count;
}

/// Thirty steps' losses: `high` from step `first` to step `last`, from 1, else 2.
std::vector<Real> high(std::size_t first, std::size_t last, Real loss = 1000) {
  std::vector<Real> losses(30, 2);
  std::fill(losses.begin() + static_cast<std::ptrdiff_t>(first) - 1,
            losses.begin() + static_cast<std::ptrdiff_t>(last), loss);
  return losses;
}

EpochRow row(double train_loss, double test_loss, double test_accuracy = 50) {
  EpochRow result;
  result.train_loss = train_loss;
  result.test_loss = test_loss;
  result.test_accuracy = test_accuracy;
  return result;
}

}  // namespace

TEST_CASE("guessing has the cross-entropy of equal probabilities", "[runtime][divergence]") {
  CHECK(guessing_loss(10) == Approx(2.302585));
  // Whatever it is compared with: here the targets of label smoothing.
  const double smoothing = 0.1;
  double loss = 0;
  for (int k = 0; k < 10; ++k) {
    const double target = smoothing / 10 + (k == 3 ? 1 - smoothing : 0);
    loss -= target * std::log(0.1);
  }
  CHECK(guessing_loss(10) == Approx(loss));
  DataSet set;
  set.labels = {0, 2, 2, 1, 2};
  CHECK(guessing_accuracy(set) == Approx(60));
}

TEST_CASE("an accuracy that chance could give is no better than guessing",
          "[runtime][divergence]") {
  DataSet set;
  set.labels.resize(1000);
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    set.labels[i] = static_cast<std::uint8_t>(i % 10);
  }
  CHECK(no_better_than_guessing(8, set));
  CHECK(no_better_than_guessing(10, set));
  CHECK(no_better_than_guessing(11.8, set));  // 10 % ± two of 0.95 %
  CHECK_FALSE(no_better_than_guessing(12, set));
  set.labels.assign(1000, 0);
  set.labels[0] = 1;
  CHECK(no_better_than_guessing(99.9, set));
}

TEST_CASE("an epoch diverged whose losses are both far above guessing", "[runtime][divergence]") {
  CHECK(diverged(row(5e13, 5e13), 10));
  CHECK(diverged(row(11.6, 11.6), 10));
  CHECK_FALSE(diverged(row(11.4, 5e13), 10));  // a test set of another kind
  CHECK_FALSE(diverged(row(5e13, 2), 10));     // recovered within the epoch
  CHECK_FALSE(diverged(row(11.6, 11.6), 100));
}

TEST_CASE("a training that diverges is told of once", "[runtime][divergence]") {
  const auto style =
      GENERATE(Progress::Style::lines, Progress::Style::live, Progress::Style::quiet);
  test::SoftmaxProgram program(constant_rate(1e6));
  const std::string text = told(program, style);
  INFO(text);
  CHECK(warnings(text) == 1);
  // The first step's loss is that of the weights as they were made.
  CHECK_THAT(text,
             Contains("warning: epoch 2, step 11: the training loss of the last 10 steps is "));
  CHECK_THAT(text, Contains(", where guessing among 10 classes gives 2.303: the training diverges; "
                            "lower the learning rate (1e+06 in this step)\n"));
  if (style == Progress::Style::quiet) return;
  CHECK_THAT(text, Contains("images/s  diverged\n"));
  CHECK_THAT(text, !Contains("  best\n"));
}

TEST_CASE("a training that learns is not told of", "[runtime][divergence]") {
  test::SoftmaxProgram program(constant_rate(0.003));
  const std::string text = told(program);
  INFO(text);
  CHECK(warnings(text) == 0);
  CHECK_THAT(text, Contains("  best\n") && !Contains("diverged"));
}

TEST_CASE("some bad steps are no divergence, each onset is", "[runtime][divergence]") {
  const auto count = [](std::vector<Real> losses) {
    ScriptedTraining program(std::move(losses));
    return warnings(told(program));
  };
  CHECK(count(high(1, 9)) == 0);
  CHECK(count(high(1, 10)) == 1);
  CHECK(count(high(5, 14)) == 1);  // in two epochs
  CHECK(count(high(1, 30, 11)) == 0);
  CHECK(count(high(1, 30, 12)) == 1);
  // A step that is not as bad between them begins nothing anew.
  std::vector<Real> losses = high(1, 30);
  losses[14] = 2;
  CHECK(count(losses) == 1);
  // Ten do.
  losses = high(1, 10);
  std::fill(losses.begin() + 20, losses.end(), Real(1000));
  CHECK(count(losses) == 2);
}

TEST_CASE("steps that are not waited for are told of by the epoch", "[runtime][divergence]") {
  QueueingTraining program(high(11, 30));
  const std::string text = told(program);
  INFO(text);
  CHECK(warnings(text) == 1);
  CHECK_THAT(text, Contains("epoch 2, step 20: the training loss of the last 10 steps is 1000"));
}

TEST_CASE("a loss that is not finite is told of where it was seen", "[runtime][divergence]") {
  const auto fails = [](Program& program) {
    Progress progress(Progress::Style::quiet);
    TrainingLoop loop(program, ten_batches(), kIdentity, progress);
    initialise(program, kIdentity.seed);
    std::string message;
    try {
      loop.run({});
    } catch (const NonFiniteLoss& error) {
      message = error.what();
    }
    // The loop knows nothing of files.
    CHECK_THAT(message, !Contains("checkpoint"));
    return message;
  };
  const std::vector<Real> losses = high(13, 13, INFINITY);
  ScriptedTraining program(losses);
  CHECK_THAT(fails(program), Contains("the training loss is inf in epoch 2, at step 13 (learning "
                                      "rate 0.001)"));
  QueueingTraining queueing(losses);
  CHECK_THAT(fails(queueing), Contains("inf in epoch 2, at or before step 20"));
}

TEST_CASE("an interrupted epoch's seconds count what was waited for", "[runtime][divergence]") {
  QueueingTraining program(high(1, 1));
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  REQUIRE_FALSE(loop.run({.stop = [] { return true; }, .epoch_done = {}}));
  CHECK(loop.state().step == 1);
  CHECK(loop.state().seconds >= 0.05);
}

TEST_CASE("a run's last words doubt what is to be doubted", "[runtime][divergence]") {
  test::SoftmaxSetup with;
  const auto words = [&](const std::vector<EpochRow>& rows, int best) {
    const test::SoftmaxProgram program(with);
    const RunFacts facts{.info = &program.info(),
                         .split = &ten_batches(),
                         .title = "",
                         .spec_text = "",
                         .normalisation = {}};
    TrainingState state;
    state.rows = rows;
    for (std::size_t i = 0; i < rows.size(); ++i) state.rows[i].epoch = static_cast<int>(i) + 1;
    state.best_epoch = best;
    return summary(facts, kIdentity, state, "runs/x", false);
  };
  CHECK_THAT(words({row(1, 1)}, 1), !Contains("diverged") && !Contains("guessing"));
  CHECK_THAT(words({row(5e13, 6e13, 10)}, 1),
             Contains("\ndiverged: in epoch 1 the training loss is 5e+13 and the test loss 6e+13, "
                      "where guessing among 10 classes gives 2.303; lower the learning rate\n") &&
                 Contains("\na test accuracy of 10.00 % is no better than guessing: "));
  CHECK_THAT(words({row(2.3, 2.3, 10)}, 1),
             !Contains("diverged") && Contains("better than guessing"));
  // The best epoch is reported, the last one has diverged.
  with.recipe.early_stopping.patience = 1;
  CHECK_THAT(words({row(1, 1), row(5e13, 5e13, 10)}, 1),
             Contains("the best test_loss, stopped after 2 of 3 epochs\ndiverged: in epoch 2 ") &&
                 !Contains("better than guessing"));
  // The second epoch has a smaller loss, by too little to be the best.
  with.recipe.early_stopping = {.patience = 2, .min_change = 0.25};
  CHECK_THAT(words({row(1, 1), row(1, 0.9), row(1, 0.9)}, 1),
             Contains("; the last to improve test_loss by more than 0.25 in 3 epochs\n") &&
                 !Contains("the best"));
}
