// Costs and budgets: totals, the layers that cost most, and the note on norms.
#include "analysis/costs.hpp"

#include <algorithm>

#include "core_specs.hpp"
#include "emit/table.hpp"

namespace castnet::codegen {
namespace {

Costs costs_of(const std::string& text) {
  const Spec spec = spec_of(text);
  return costs(spec, compile(spec));
}

TEST_CASE("memory is that of all arenas") {
  const std::string layers = "norm: batch\nlayers: C1:8 GAP c2:10\n";
  const Compiled compiled = compile(spec_of(kHead + layers));
  // C1's is the largest workspace: four rows of its padded input, and in training three numbers of
  // each of its channels. Each of up to 8 threads has one.
  const std::int64_t rows = 3 * ((4 * 34) | 1) * 16, measured = 3 * 8 * 16;
  CHECK(compiled.plan.workspace_elements == rows + measured);
  CHECK(compiled.evaluation->workspace_elements == rows);
  const std::int64_t activations = arena_elements(compiled.plan) + 8 * (rows + measured);
  const std::int64_t parameters = 8 * 27 + 2 * 8 + 8 * 10 + 10;
  const std::int64_t statistics = 2 * 8;
  const auto train_memory = [&](const std::string& train) {
    return costs_of(kHead + layers + "train: {" + train + "}\n").train_memory.value;
  };
  // Parameters, their gradients, and each of 8 blocks' share of them.
  CHECK(train_memory("optimizer: sgd") == 4 * (10 * parameters + statistics + activations));
  CHECK(train_memory("optimizer: {sgd: {momentum: 0.9}}") ==
        4 * (11 * parameters + statistics + activations));
  CHECK(train_memory("optimizer: adam") == 4 * (12 * parameters + statistics + activations));
  CHECK(train_memory("optimizer: adam, ema: 0.9") ==
        4 * (13 * parameters + 2 * statistics + activations));
  const Costs costs = costs_of(kHead + layers);
  CHECK(costs.train_activations == 4 * arena_elements(compiled.plan));
  CHECK(costs.train_workspace == 4 * (rows + measured));
  CHECK(costs.inference_workspace == 4 * rows);
  CHECK(costs.inference_activations == 4 * arena_elements(*compiled.evaluation));
  CHECK(costs.inference_memory.value ==
        4 * (parameters + statistics) + costs.inference_activations + 8 * 4 * rows);
}

TEST_CASE("each cost names the layer with the largest part") {
  // C2 has the weights, C1 the large images, C3 few of both.
  const Costs costs = costs_of(kHead + "layers: C1:32 P1 P2 C2:64 P3 C3:4 GAP c4:10\n");
  CHECK(costs.parameters.layer == "C2");
  CHECK(costs.parameters.of_layer == 32 * 64 * 9 + 64);
  CHECK(costs.macs.layer == "C2");
  CHECK(costs.macs.of_layer == 32 * 64 * 9 * 8 * 8);
  CHECK(costs.train_memory.layer == "C1");
  CHECK(costs.inference_memory.layer == "C1");
  CHECK(costs.train_memory.of_layer < costs.train_memory.value);
  // Two outputs of 32x32x32 (the convolution's and ReLU's share one), gradients and parameters.
  CHECK(costs.train_memory.of_layer >= std::int64_t{4} * 128 * 32 * 32 * 32);
}

TEST_CASE("parts never add up to more than the whole") {
  for (const std::string& text : core_specs()) {
    INFO(text);
    const Costs costs = costs_of(text);
    for (const Limit& limit : limits()) {
      const Cost& cost = costs.*limit.cost;
      INFO(limit.key());
      CHECK(cost.value > 0);
      CHECK(cost.of_layer > 0);
      CHECK(cost.of_layer <= cost.value);
      CHECK_FALSE(cost.layer.empty());
    }
    CHECK(costs.inference_memory.value < costs.train_memory.value);
  }
}

TEST_CASE("the receptive field is that before what sees everything") {
  CHECK(costs_of(kHead + "layers: C1:8 P1 C2:8 GAP c3:10\n").receptive_field == Cost{8, "C2", 8});
  CHECK(costs_of(kHead + "layers: C1:8 C2:8 F3:10\n").receptive_field == Cost{5, "C2", 5});
  CHECK(costs_of(kHead + "layers: GAP c1:10\n").receptive_field.value == 1);
  // Three taps two pixels apart, of which each is two of the image behind a pooling.
  const std::string dilated = "overrides: {C2: {dilation: 2}}\n";
  CHECK(costs_of(kHead + "layers: C1:8 C2:8 F3:10\n" + dilated).receptive_field.value == 3 + 4);
  CHECK(costs_of(kHead + "layers: C1:8 P1 C2:8 F3:10\n" + dilated).receptive_field.value == 4 + 8);
}

TEST_CASE("margins are negative where a limit is broken") {
  Costs costs;
  costs.parameters.value = 10;
  costs.receptive_field.value = 10;
  Budget budget;
  budget.parameters = 12;
  budget.receptive_field = 12;
  CHECK(margin(limits().front(), budget, costs) == 2);
  CHECK(margin(limits().back(), budget, costs) == -2);
  budget.parameters = 9;
  budget.receptive_field = 9;
  CHECK(margin(limits().front(), budget, costs) == -1);
  CHECK(margin(limits().back(), budget, costs) == 1);
}

TEST_CASE("norms that hold more than a quarter of the parameters are noted") {
  const std::string layers = "layers: C1:4 C2:8 GAP c3:10\n";
  const auto table = [&](const std::string& norm, std::size_t width) {
    return layer_table(plan_of(kHead + norm + layers).graph, width);
  };
  CHECK(table("norm: layer\n", 120).find("norms:") == std::string::npos);
  const std::string element = "norm: {layer: {affine: element}}\n";
  CHECK(
      table(element, 120)
          .ends_with("\nnorms: 24,576 of 25,062 parameters (98 %) are the norms' scale and shift; "
                     "affine: channel would take 24\n"));
  CHECK(table(element, 97).ends_with("shift;\n       affine: channel would take 24\n"));
}

}  // namespace
}  // namespace castnet::codegen
