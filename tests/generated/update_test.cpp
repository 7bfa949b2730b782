// What a generated update does besides the optimiser's step: clipping, penalties on chosen
// parameters, averages; and that a run of it resumes to the bit.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/sha256.hpp"
#include "run/checkpoint.hpp"
#include "support.hpp"
#include "train/loop.hpp"

namespace castnet::test {
namespace {

constexpr double kRate = 0.05;

std::vector<Real> copy(std::span<const Real> values) { return {values.begin(), values.end()}; }

double norm(std::span<const Real> values) {
  double sum = 0;
  for (const Real value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum);
}

const TensorInfo& find(const Program& program, std::string_view name) {
  const auto tensors = program.info().parameters;
  const auto found = std::ranges::find_if(
      tensors, [name](const TensorInfo& tensor) { return tensor.name == name; });
  REQUIRE(found != tensors.end());
  return *found;
}

TEST_CASE("the gradient's norm is clipped before the update") {
  const auto program = prepared(generated::make_tiny_averaged);
  const auto gradients = program->gradients();
  const double root = std::sqrt(static_cast<double>(gradients.size()));
  // Of norm 30, then 0.5.
  std::ranges::fill(gradients, static_cast<Real>(30 / root));
  program->update({.number = 1, .learning_rate = kRate});
  CHECK(norm(gradients) == Approx(1).epsilon(1e-5));
  CHECK(std::ranges::count(gradients, gradients[0]) == std::ssize(gradients));
  std::ranges::fill(gradients, static_cast<Real>(0.5 / root));
  program->update({.number = 2, .learning_rate = kRate});
  CHECK(std::ranges::count(gradients, static_cast<Real>(0.5 / root)) == std::ssize(gradients));
}

TEST_CASE("penalties and rates change what they name, and nothing else") {
  struct Factors {
    double decay, l1, rate;
  };
  // `weight_decay` on weights, `l1` on C2 and biases, `rates` of weights, C2 and norms; the rest of
  // the list is the network's.
  const std::map<std::string, Factors> factors{{"C1.conv.weight", {0.01, 0, 0.5}},
                                               {"C1.norm.weight", {0, 0, 2}},
                                               {"C2.conv.weight", {0.01, 0.001, 1.5}},
                                               {"C2.norm.weight", {0, 0.001, 6}},
                                               {"C2.norm.bias", {0, 0.001, 6}},
                                               {"C3.conv.weight", {0.01, 0, 0.5}},
                                               {"C4.norm.bias", {0, 0, 2}},
                                               {"c5.conv.weight", {0.01, 0, 0.5}},
                                               {"c5.conv.bias", {0, 0.001, 1}}};
  const auto program = prepared(generated::make_tiny_averaged);
  for (std::size_t i = 0; i < program->parameters().size(); i += 7) program->parameters()[i] = 0;
  const std::vector<Real> before = copy(program->parameters());
  std::ranges::fill(program->gradients(), Real{0});
  program->update({.number = 1, .learning_rate = kRate});
  for (const auto& [name, factor] : factors) {
    INFO(name);
    const TensorInfo& tensor = find(*program, name);
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.elements; ++i) {
      const double w = static_cast<double>(before[i]);
      const double gradient = factor.decay * w + factor.l1 * (w > 0 ? 1 : w < 0 ? -1 : 0);
      const double change = static_cast<double>(program->parameters()[i]) - w;
      CHECK(change == Approx(-kRate * factor.rate * gradient).margin(gradient == 0 ? 0 : 1e-7));
    }
  }
}

TEST_CASE("averages start as the weights and follow them with the decay") {
  const auto program = prepared(generated::make_tiny_averaged);
  std::vector<std::vector<Real>> seen;
  for (int i = 0; i < 3; ++i) {
    steps(*program, 1, i);
    seen.push_back(copy(program->parameters()));
    const auto statistics = program->statistics();
    seen.back().insert(seen.back().end(), statistics.begin(), statistics.end());
    if (i == 0) CHECK(copy(program->averages()) == seen[0]);
  }
  const auto averages = program->averages();
  REQUIRE(averages.size() == seen[0].size());
  for (std::size_t i = 0; i < averages.size(); ++i) {
    const double by_hand = 0.81 * static_cast<double>(seen[0][i]) +
                           0.09 * static_cast<double>(seen[1][i]) +
                           0.1 * static_cast<double>(seen[2][i]);
    REQUIRE(static_cast<double>(averages[i]) == Approx(by_hand).epsilon(1e-5).margin(1e-6));
  }
  CHECK(seen[0] != seen[2]);
}

TEST_CASE("only programs with ema keep averages") {
  for (const auto& [name, make] : kPrograms) {
    INFO(name);
    CHECK(make()->averages().empty() == (name != "averaged"));
  }
}

TEST_CASE("dirac weights pass the first channels through") {
  const auto program = prepared(generated::make_tiny_averaged);
  const TensorInfo& tensor = find(*program, "C2.conv.weight");
  const auto weights = program->parameters().subspan(tensor.offset, tensor.elements);
  for (std::size_t o = 0; o < 4; ++o) {
    for (std::size_t i = 0; i < 4 * 9; ++i) {
      CHECK(weights[o * 4 * 9 + i] == (i == o * 9 + 4 ? Real{1} : Real{0}));
    }
  }
}

/// Two epochs on drawn shapes, saved and continued in another program after each `stop_after`
/// questions (0: never). All of the end that must be equal to the bit.
std::string run(Make make, int stop_after) {
  static const Split split = draw_shapes(false, 256, 100);
  const RunIdentity identity{.name = "tiny",
                             .variant = "",
                             .spec_sha256 = "5eed",
                             .data_sha256 = "da7a",
                             .seed = 3,
                             .epochs = 2};
  std::string saved;
  for (;;) {
    const auto program = make();
    Progress progress(Progress::Style::quiet);
    TrainingLoop loop(*program, split, identity, progress);
    if (saved.empty()) {
      initialise(*program, identity.seed);
    } else {
      loop.restore(load_state(parse_safetensors(saved, "last"), *program, identity, "last"));
    }
    int questions = 0;
    const StopHook stop = [&] { return ++questions == stop_after; };
    const bool finished = loop.run({.stop = stop, .epoch_done = {}});
    const SafeTensors state = state_file(*program, identity, loop.state());
    saved = serialise(state);
    if (!finished) continue;
    Sha256 hash;
    for (const StoredTensor& tensor : state.tensors) hash.update(tensor.data);
    return fmt::format("{} {} {}", hash.hex(), loop.state().best_epoch,
                       loop.state().rows.back().test_loss);
  }
}

TEST_CASE("a resumed run has the bits of an uninterrupted one") {
  for (const auto& [name, make] : kPrograms) {
    INFO(name);
    const std::string whole = run(make, 0);
    CHECK(run(make, 3) == whole);  // within an epoch
    CHECK(run(make, 5) == whole);  // within an evaluation
  }
}

}  // namespace
}  // namespace castnet::test
