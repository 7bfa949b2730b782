// Where a generated program's time goes, layer by layer.
#include "train/profile.hpp"

#include <algorithm>

#include "../catch.hpp"
#include "core/threads.hpp"
#include "data/data_set.hpp"
#include "support.hpp"

namespace castnet::test {
namespace {

/// The layers in the order in which the calls first name them.
std::vector<std::string> first_calls(const std::vector<std::string>& calls) {
  std::vector<std::string> order;
  for (const std::string& call : calls) {
    if (std::ranges::count(order, call) == 0 && call != "-") order.push_back(call);
  }
  return order;
}

TEST_CASE("layers are called in forward's order, and in reverse, and the last to stop") {
  const int threads = thread_count();
  set_thread_count(1);
  for (const auto& [name, make] : kPrograms) {
    INFO(name);
    const auto program = prepared(make);
    std::vector<std::string> expected, called;
    for (const LayerInfo& layer : program->info().layers) expected.emplace_back(layer.name);
    program->set_layer_hook(
        [&](const char* layer) { called.emplace_back(layer == nullptr ? "-" : layer); });
    program->forward(Mode::train, Step{});
    CHECK(first_calls(called) == expected);
    CHECK(called.back() == "-");
    called.clear();
    program->evaluate();
    CHECK(first_calls(called) == expected);
    CHECK(std::ranges::count(called, "-") == 1);  // all of a block at once
    called.clear();
    program->backward(Step{});
    std::ranges::reverse(expected);
    CHECK(first_calls(called) == expected);
    CHECK(called.back() == "-");
  }
  set_thread_count(threads);
}

TEST_CASE("evaluation gives what forward does in evaluation") {
  for (const auto& [name, make] : kPrograms) {
    INFO(name);
    const auto program = prepared(make);
    steps(*program, 3);
    program->forward(Mode::evaluate, Step{});
    const std::vector<Real> expected(program->probabilities().begin(),
                                     program->probabilities().end());
    for (int i = 0; i < 2; ++i) {  // the images are still there
      program->evaluate();
      for (std::size_t k = 0; k < expected.size(); ++k) {
        CHECK(program->probabilities()[k] == Approx(expected[k]).margin(1e-5));
      }
    }
  }
}

TEST_CASE("a profile has each layer's time and work") {
  const Split split = draw_shapes(false, 256, 32);
  const auto program = prepared(generated::make_tiny);
  const ProgramInfo& info = program->info();
  REQUIRE(info.channels == split.train.channels);
  const Profile profile = measure_profile(*program, split, 5);
  CHECK(profile.steps == 5);
  CHECK(profile.peak_flops > 1e8);
  REQUIRE(profile.rows.size() == info.layers.size() + 3);
  CHECK(profile.rows.front().name == "data");
  CHECK(profile.rows.front().forward_seconds > 0);
  CHECK(profile.rows[info.layers.size() + 1].name == "waiting");
  CHECK(profile.rows.back().name == "update");
  CHECK(profile.rows.back().backward_seconds > 0);
  for (std::size_t i = 0; i < info.layers.size(); ++i) {
    const ProfileRow& row = profile.rows[i + 1];
    INFO(row.name);
    CHECK(row.name == info.layers[i].name);
    CHECK(row.forward_seconds > 0);
    CHECK(row.backward_seconds > 0);
    CHECK(row.forward_flops == 2.0 * static_cast<double>(info.layers[i].forward_macs));
  }
}

TEST_CASE("a profile as a table") {
  const Profile profile{.batch = 100,
                        .steps = 7,
                        .peak_flops = 100e9,
                        .rows = {{.name = "data", .forward_seconds = 0.001},
                                 {.name = "C1",
                                  .forward_seconds = 0.002,
                                  .backward_seconds = 0.006,
                                  .forward_flops = 0.1e9,
                                  .backward_flops = 0.3e9,
                                  .forward_bytes = 4e6,
                                  .backward_bytes = 6e6},
                                 {.name = "update", .backward_seconds = 0.001}}};
  CHECK(to_text(profile) ==
        "layer   forward ms   GFLOP/s    GB/s backward ms   GFLOP/s    GB/s    share  of peak\n"
        "data         1.000         -       -           -         -       -   10.0 %        -\n"
        "C1           2.000      50.0     2.0       6.000      50.0     1.0   80.0 %     50 %\n"
        "update           -         -       -       1.000         -       -   10.0 %        -\n"
        "total        3.000      33.3     1.3       7.000      42.9     0.9  100.0 %     40 %\n"
        "10000 images/s; batch 100, medians of 7 steps; peak 100 GFLOP/s; most time in C1\n");
}

}  // namespace
}  // namespace castnet::test
