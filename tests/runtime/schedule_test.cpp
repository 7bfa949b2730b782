#include "train/schedule.hpp"

#include <array>
#include <cmath>

#include "../catch.hpp"

using namespace castnet;
using Kind = ScheduleRecipe::Kind;
using Catch::Matchers::WithinRel;

namespace {

constexpr RunLength kLength{.steps_per_epoch = 10, .epochs = 4};

}  // namespace

TEST_CASE("constant, step and multi-step rates", "[runtime][schedule]") {
  CHECK(learning_rate({.kind = Kind::constant, .rate = 0.3}, 25, kLength) == 0.3);
  const ScheduleRecipe step{.kind = Kind::step, .rate = 1, .factor = 0.5, .every = 2};
  CHECK(learning_rate(step, 0, kLength) == 1);
  CHECK(learning_rate(step, 19, kLength) == 1);
  CHECK(learning_rate(step, 20, kLength) == 0.5);
  constexpr std::array milestones = {1, 3};
  const ScheduleRecipe multi{
      .kind = Kind::multi_step, .rate = 1, .factor = 0.5, .milestones = milestones};
  CHECK(learning_rate(multi, 9, kLength) == 1);
  CHECK(learning_rate(multi, 10, kLength) == 0.5);
  CHECK(learning_rate(multi, 29, kLength) == 0.5);
  CHECK(learning_rate(multi, 30, kLength) == 0.25);
}

TEST_CASE("cosine runs from rate to minimum", "[runtime][schedule]") {
  const ScheduleRecipe recipe{.kind = Kind::cosine, .rate = 0.2, .minimum = 0.02};
  CHECK_THAT(learning_rate(recipe, 0, kLength), WithinRel(0.2, 1e-12));
  CHECK_THAT(learning_rate(recipe, 39, kLength), WithinRel(0.02, 1e-12));
  CHECK_THAT(learning_rate(recipe, 13, kLength),
             WithinRel(0.02 + 0.09 * (1 + std::cos(M_PI / 3)), 1e-12));
  CHECK(learning_rate(recipe, 0, {.steps_per_epoch = 1, .epochs = 1}) == 0.2);
}

// The rates of torch.optim.lr_scheduler.OneCycleLR(max_lr=0.2, total_steps=40, pct_start=0.25,
// div_factor=25, final_div_factor=100, anneal_strategy=...) in PyTorch 1.13 (get_last_lr before
// each step).
TEST_CASE("one-cycle gives PyTorch's rates", "[runtime][schedule]") {
  const std::array steps = {0, 1, 4, 9, 10, 20, 38, 39};
  ScheduleRecipe recipe{.kind = Kind::one_cycle, .rate = 0.2};
  SECTION("linear") {
    recipe.anneal = ScheduleRecipe::Anneal::linear;
    const std::array<double, 8> rates = {
        0.008,    0.029333333333333333, 0.09333333333333332, 0.2, 0.193336, 0.12669600000000003,
        0.006744, 7.999999999999674e-05};
    for (std::size_t i = 0; i < steps.size(); ++i) {
      CHECK_THAT(learning_rate(recipe, static_cast<std::uint64_t>(steps[i]), kLength),
                 WithinRel(rates[i], 1e-12));
    }
  }
  SECTION("cosine") {
    recipe.anneal = ScheduleRecipe::Anneal::cosine;
    const std::array<double, 8> rates = {
        0.008000000000000007, 0.013789508404552786, 0.08732977494397468,  0.2,
        0.1994524086610126,   0.140697394841857,    0.000627591338987402, 8e-05};
    for (std::size_t i = 0; i < steps.size(); ++i) {
      CHECK_THAT(learning_rate(recipe, static_cast<std::uint64_t>(steps[i]), kLength),
                 WithinRel(rates[i], 1e-12));
    }
  }
}
