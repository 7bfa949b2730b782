// The loop's times: seconds of training steps alone, images a second, and how long is left.
#include <chrono>
#include <cmath>
#include <string>
#include <thread>

#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "loop_support.hpp"
#include "redirect.hpp"
#include "softmax_program.hpp"
#include "temporary_folder.hpp"
#include "train/initialise.hpp"

using namespace castnet;
using test::kIdentity;
using test::ten_batches;

namespace {

using Clock = std::chrono::steady_clock;

/// A training step takes a hundredth of a second at least, a batch of evaluation a tenth.
class SlowProgram : public test::SoftmaxProgram {
 public:
  void forward(Mode mode, const Step& step) override {
    SoftmaxProgram::forward(mode, step);
    std::this_thread::sleep_for(std::chrono::milliseconds(mode == Mode::train ? 10 : 100));
  }
  void backward(const Step&) override {}
};

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

TEST_CASE("an epoch's seconds are those of its own training steps", "[runtime][loop]") {
  SlowProgram program;
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  Clock::time_point before = Clock::now();
  int epochs = 0;
  REQUIRE(loop.run({.stop = {}, .epoch_done = [&](const TrainingState& state, bool) {
                      const EpochRow& row = state.rows.back();
                      const Clock::time_point now = Clock::now();
                      // Ten steps, and nothing of the three batches of evaluation.
                      CHECK(row.seconds >= 0.1);
                      CHECK(row.seconds < seconds_between(before, now) - 0.3 + 0.001);
                      CHECK(row.images_per_second == Approx(320 / row.seconds).epsilon(0.02));
                      before = now;
                      ++epochs;
                    }}));
  CHECK(epochs == 3);
}

TEST_CASE("the live bar's speed is the epoch's, and the time left that of the whole run",
          "[runtime][loop]") {
  const test::TemporaryFolder folder;
  SlowProgram program;
  RunIdentity identity = kIdentity;
  identity.epochs = 40;
  double seconds = 0;
  {
    const test::Redirect elsewhere(stderr, folder / "told");
    Progress progress(Progress::Style::live);
    TrainingLoop loop(program, ten_batches(), identity, progress);
    initialise(program, identity.seed);
    const LoopEvents events{.stop = [&] { return seconds > 0; },
                            .epoch_done = [&](const TrainingState& state,
                                              bool) { seconds = state.rows.back().seconds; }};
    REQUIRE_FALSE(loop.run(events));
  }
  // At the end of the first epoch 39 are left.
  const std::string told = read_file(folder / "told");
  const std::size_t bar = told.rfind(" 10/10  loss ", told.find("epoch  2/40"));
  REQUIRE(bar != std::string::npos);
  const std::string line = told.substr(bar, told.find(" left", bar) - bar);
  const std::size_t speed = line.find(" %  ") + 4;
  INFO(line);
  CHECK(std::stod(line.substr(speed)) == Approx(320 / seconds).epsilon(0.01));
  const std::size_t left = line.rfind(' ') + 1;  // 0:00:04
  const double minutes = std::stod(line.substr(left + 2)), rest = std::stod(line.substr(left + 5));
  CHECK(line.substr(left, 2) == "0:");
  CHECK(std::abs(60 * minutes + rest - 39 * seconds) <= 1.1);
}
