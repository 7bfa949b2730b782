// What each training step is given, and what an evaluation says of each image, by definition.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "../catch.hpp"
#include "data/augment.hpp"
#include "data/shuffle.hpp"
#include "loop_support.hpp"
#include "softmax_program.hpp"
#include "train/initialise.hpp"

using namespace castnet;
using test::kIdentity;
using test::ten_batches;

namespace {

/// Notes the images of each training step as the program holds them.
class WatchedProgram : public test::SoftmaxProgram {
 public:
  struct Noted {
    Step step;
    std::vector<std::uint32_t> samples;
    std::vector<Real> pixels;
  };
  std::vector<Noted> steps;

  std::vector<Real> pixels() {
    std::vector<Real> all;
    for (int slot = 0; slot < info().batch; ++slot) {
      const ImageSlot image_of = image(slot);
      for (int i = 0; i < 28 * 28; ++i) all.push_back(image_of.first[i * image_of.stride]);
    }
    return all;
  }
  void forward(Mode mode, const Step& step) override {
    SoftmaxProgram::forward(mode, step);
    if (mode != Mode::train) return;
    steps.push_back({step, {samples().begin(), samples().end()}, pixels()});
  }
};

}  // namespace

TEST_CASE("each step has its part of the epoch's order, augmented for its epoch",
          "[runtime][loop]") {
  WatchedProgram program;
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  REQUIRE(loop.run({}));
  REQUIRE(program.steps.size() == 30);
  WatchedProgram other;
  Augmenter augmenter(other.info(), normalisation_of(other.info(), ten_batches().train));
  std::vector<std::uint32_t> order(330);
  for (std::size_t i = 0; i < 30; ++i) {
    const WatchedProgram::Noted& noted = program.steps[i];
    const auto epoch = static_cast<std::uint32_t>(i / 10);
    INFO("step " << i + 1);
    CHECK(noted.step.epoch == epoch);
    CHECK(noted.step.number == i + 1);
    CHECK(noted.step.seed == kIdentity.seed);
    shuffle(order, kIdentity.seed, epoch);
    const auto samples = std::span<const std::uint32_t>(order).subspan(i % 10 * 32, 32);
    CHECK(std::ranges::equal(noted.samples, samples));
    augmenter.fill(other, ten_batches().train, samples, kIdentity.seed, epoch);
    CHECK(noted.pixels == other.pixels());
  }
  const std::set<std::uint32_t> first(program.steps[0].samples.begin(),
                                      program.steps[0].samples.end());
  CHECK(first.size() == 32);
  CHECK(program.steps[0].samples != program.steps[10].samples);
}

namespace {

/// In evaluation it takes image s for class s mod 10, as sure as 0.3 + s / 200, with a loss of
/// s / 7; the other classes share the rest unevenly.
class KnownProgram : public test::SoftmaxProgram {
 public:
  KnownProgram() : losses_(32), probabilities_(32 * 10) {}

  static double sure(std::uint32_t sample) { return 0.3 + sample / 200.0; }

  void forward(Mode, const Step&) override {
    for (std::size_t slot = 0; slot < 32; ++slot) {
      const std::uint32_t sample = samples()[slot];
      losses_[slot] = static_cast<Real>(sample) / 7;
      for (std::size_t k = 0; k < 10; ++k) {
        probabilities_[slot * 10 + (sample + k) % 10] = static_cast<Real>(
            k == 0 ? sure(sample) : (1 - sure(sample)) * static_cast<double>(k) / 45);
      }
    }
  }
  std::span<const Real> losses() const override { return losses_; }
  std::span<const Real> probabilities() const override { return probabilities_; }

 private:
  std::vector<Real> losses_, probabilities_;
};

}  // namespace

TEST_CASE("an evaluation has each image's own prediction, its probability and its loss",
          "[runtime][loop]") {
  KnownProgram program;
  const DataSet& set = ten_batches().test;
  const Augmenter augmenter(program.info(), normalisation_of(program.info(), ten_batches().train));
  Evaluation result(set.size());
  for (int again = 0; again < 2; ++again) {
    REQUIRE(evaluate(program, augmenter, set, {}, result));
    std::uint64_t right = 0;
    for (std::uint32_t i = 0; i < 70; ++i) {
      CHECK(result.predicted[i] == static_cast<std::int32_t>(i % 10));
      CHECK(result.probability[i] == Approx(KnownProgram::sure(i)));
      CHECK(result.losses[i] == Approx(i / 7.0));
      right += set.labels[i] == i % 10 ? 1 : 0;
    }
    CHECK(result.correct == right);
    CHECK(result.loss == Approx(69 / 2.0 / 7));  // the mean of 0 to 69, over 7
    CHECK(result.accuracy() == Approx(100.0 * static_cast<double>(right) / 70));
  }
}

namespace {

/// Its third step's loss is infinite.
class BurstingProgram : public test::SoftmaxProgram {
 public:
  int updates = 0;

  void forward(Mode mode, const Step& step) override {
    SoftmaxProgram::forward(mode, step);
    burst_ = mode == Mode::train && step.number == 3;
  }
  void update(const Step& step) override {
    SoftmaxProgram::update(step);
    ++updates;
  }
  std::span<const Real> losses() const override {
    static const std::vector<Real> kInfinite(32, std::numeric_limits<Real>::infinity());
    return burst_ ? std::span<const Real>(kInfinite) : SoftmaxProgram::losses();
  }

 private:
  bool burst_ = false;
};

}  // namespace

TEST_CASE("a step whose loss is not finite changes no weights", "[runtime][loop]") {
  BurstingProgram program;
  Progress progress(Progress::Style::quiet);
  TrainingLoop loop(program, ten_batches(), kIdentity, progress);
  initialise(program, kIdentity.seed);
  CHECK_THROWS_AS(loop.run({}), NonFiniteLoss);
  CHECK(program.updates == 2);
}

TEST_CASE("initial weights are four words' numbers, each its own", "[runtime][initialise]") {
  test::SoftmaxProgram program;
  initialise(program, 9);
  const auto weights = program.parameters();
  for (std::size_t i = 0; i < 400; ++i) {
    // By definition: uniform in ±0.02 by word i % 4 of block i / 4 of the first tensor.
    const Philox4 words = philox({static_cast<std::uint32_t>(i / 4), 0, 0, 1}, 9);
    const double part = static_cast<double>(words[i % 4] >> 8) / (1 << 24);
    CHECK(weights[i] == Approx(0.02 * (2 * part - 1)).margin(1e-9));
  }
}
