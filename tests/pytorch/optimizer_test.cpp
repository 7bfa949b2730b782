// A hundred updates of forty weights with each optimizer, penalty and clipping, their moving
// average, and a hundred learning rates of each schedule, against PyTorch's.
#include "kernels/cpu/optimizer.hpp"

#include <array>

#include "../catch.hpp"
#include "kernels/cpu/muon.hpp"
#include "support.hpp"
#include "train/schedule.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr std::uint32_t kSteps = 100;
constexpr std::size_t kWeights = 40;

/// Each of a hundred updates rounds weights and moments near 1 once or twice: 2^-24 times the
/// square root of a few hundred, with room.
constexpr double kUpdateTolerance = 5e-6;
/// Both sides compute rates in double; the fixture is stored as float32.
constexpr double kRateTolerance = 0x1p-24;

const Fixtures& optimizers() {
  static const Fixtures fixtures("optimizers.safetensors");
  return fixtures;
}

using Groups = std::vector<ParameterGroup>;

/// All forty weights under one weight decay.
Groups decayed(double decay) { return {{{0, kWeights}, decay, 0, 1, 0}}; }

/// Slices of their own: weight decay and half the rate, nothing, both penalties and three times the
/// rate.
Groups sliced() {
  return {{{0, 15}, 0.01, 0, 0.5, 0}, {{15, 10}, 0, 0, 1, 0}, {{25, 15}, 0.05, 0.02, 3, 0}};
}

/// oracle/optimizers.py's `gradient`.
std::vector<float> gradient(std::uint32_t step) {
  auto values = pattern(kWeights, 10 + step);
  for (float& value : values) value *= step % 4 == 3 ? 2.0F : 0.5F;
  return values;
}

/// A hundred updates; `update(number, w, g)` is one and returns the values to compare, which the
/// fixture `name` has after 1, 10 and 100.
template <class Update>
void check_updates(const std::string& name, Update update) {
  auto w = pattern(kWeights, 1);
  std::vector<float> kept;
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    auto g = gradient(step);
    const std::vector<float>& now = update(step + 1, w, g);
    if (step == 0 || step == 9 || step == 99) kept.insert(kept.end(), now.begin(), now.end());
  }
  check_close(name, kept, optimizers()[name], kUpdateTolerance);
}

using Floats = std::vector<float>;

void no_clipping(Floats&) {}

template <class Clip>
auto sgd(double momentum, bool nesterov, Groups groups, Clip clip) {
  return [=, velocity = Floats(kWeights)](std::uint64_t, Floats& w, Floats& g) mutable -> Floats& {
    clip(g);
    sgd_update<float>(groups, w.data(), g.data(), velocity.data(), 0.1, momentum, nesterov);
    return w;
  };
}

auto sgd(double momentum, bool nesterov, Groups groups) {
  return sgd(momentum, nesterov, std::move(groups), no_clipping);
}

/// `rule` is adam_update or adamw_update.
template <class Rule>
auto adam(Rule rule, Groups groups) {
  return [=, m = Floats(kWeights), v = Floats(kWeights)](std::uint64_t number, Floats& w,
                                                         Floats& g) mutable -> Floats& {
    rule(groups, w.data(), g.data(), m.data(), v.data(), number, 0.01, 0.8, 0.99, 1e-8);
    return w;
  };
}

/// sliced(), with a wide matrix and a tall one.
auto muon() {
  Groups groups = sliced();
  groups[0].rows = 3;
  groups[2].rows = 5;
  return [=, velocity = Floats(kWeights), scratch = Floats(4 * kWeights)](
             std::uint64_t, Floats& w, Floats& g) mutable -> Floats& {
    muon_update<float>(groups, w.data(), g.data(), velocity.data(), scratch.data(), 0.02, 0.9,
                       true);
    return w;
  };
}

TEST_CASE("a hundred updates equal PyTorch's", "[pytorch]") {
  check_updates("update/sgd", sgd(0, false, decayed(0)));
  check_updates("update/sgd_decay", sgd(0, false, decayed(0.01)));
  check_updates("update/sgd_groups", sgd(0, false, sliced()));
  check_updates("update/momentum", sgd(0.9, false, decayed(0)));
  check_updates("update/momentum_decay", sgd(0.9, false, decayed(0.01)));
  check_updates("update/nesterov", sgd(0.9, true, decayed(0)));
  check_updates("update/nesterov_groups", sgd(0.9, true, sliced()));
  check_updates("update/adam", adam(adam_update<float>, decayed(0)));
  check_updates("update/adam_groups", adam(adam_update<float>, sliced()));
  check_updates("update/adamw", adam(adamw_update<float>, decayed(0)));
  check_updates("update/adamw_groups", adam(adamw_update<float>, sliced()));
  check_updates("update/muon", muon());
}

TEST_CASE("a hundred updates with clipping equal PyTorch's", "[pytorch]") {
  check_updates("update/clip_norm", sgd(0.9, false, decayed(0.01),
                                        [](Floats& g) { clip_norm(g.size(), g.data(), 3.0); }));
  check_updates("update/clip_value", sgd(0.9, false, decayed(0.01),
                                         [](Floats& g) { clip_value(g.size(), g.data(), 0.75); }));
}

TEST_CASE("a moving average of weights equals PyTorch's", "[pytorch]") {
  Floats average(kWeights);
  auto update = sgd(0.9, false, decayed(0));
  check_updates("average", [&](std::uint64_t number, Floats& w, Floats& g) -> Floats& {
    update(number, w, g);
    average_weights(kWeights, w.data(), average.data(), 0.9, number);
    return average;
  });
}

void check_rates(const std::string& name, const ScheduleRecipe& recipe) {
  const std::vector<float> expected = optimizers()["rates/" + name];
  REQUIRE(expected.size() == kSteps);
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    INFO(name << ", step " << step);
    const double rate = learning_rate(recipe, step, {.steps_per_epoch = 5, .epochs = 20});
    CHECK(std::abs(rate - double(expected[step])) <= kRateTolerance * rate);
  }
}

TEST_CASE("learning rates equal PyTorch's", "[pytorch]") {
  using Kind = ScheduleRecipe::Kind;
  using Anneal = ScheduleRecipe::Anneal;
  static constexpr std::array kMilestones{4, 9, 17};
  check_rates("constant", {.kind = Kind::constant});
  check_rates("step", {.kind = Kind::step, .factor = 0.5, .every = 3});
  check_rates("multi_step", {.kind = Kind::multi_step, .factor = 0.2, .milestones = kMilestones});
  check_rates("cosine", {.kind = Kind::cosine, .minimum = 0.001});
  ScheduleRecipe cycle{.kind = Kind::one_cycle, .start_factor = 1.0 / 20};
  cycle.final_factor = cycle.start_factor / 50;
  for (const double warmup : {0.3, 0.0}) {
    cycle.warmup = warmup;
    const std::string suffix = warmup == 0 ? "_without_warmup" : "";
    cycle.anneal = Anneal::linear;
    check_rates("one_cycle_linear" + suffix, cycle);
    cycle.anneal = Anneal::cosine;
    check_rates("one_cycle_cosine" + suffix, cycle);
  }
}

}  // namespace
