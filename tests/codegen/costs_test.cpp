// Costs and budgets: totals, the layers that cost most, and the note on norms.
#include "analysis/costs.hpp"

#include <algorithm>
#include <map>

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

TEST_CASE("the receptive field is that of the side that sees less") {
  // Downwards two places see 15 of 31 rows together; across there is only one place.
  const std::string text =
      "name: n\ndata: {image_folder: {path: a, channels: 1, height: 31, width: 16, classes: 10}}\n"
      "layers: c1:4 c2:4 GAP c3:10\noverrides: {c2: {stride: 30, "
      "skip: {from: c1, projection: {stride: 16}}}}\n";
  CHECK(costs_of(text).receptive_field == Cost{1, "c2", 1});
}

/// Of each layer, in bytes: parameters and their gradients, and the buffers that some operation
/// uses before and after the one at which all of them take most, or at it.
std::map<std::string, std::int64_t> parts_of(const Plan& plan) {
  std::vector<std::pair<int, int>> used(plan.buffers.size(), {-1, -1});
  used.front() = {0, static_cast<int>(plan.operations.size()) - 1};  // the images, all the time
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i) {
    for (const Binding& one : plan.operations[std::size_t(i)].bindings) {
      auto& [first, last] = used[std::size_t(one.buffer)];
      if (one.buffer > 0) first = first < 0 ? i : first, last = i;
    }
  }
  const auto alive = [&](std::size_t buffer, int operation) {
    return used[buffer].first <= operation && operation <= used[buffer].second;
  };
  std::int64_t most = 0;
  int peak = 0;
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i) {
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < used.size(); ++k) sum += alive(k, i) * plan.buffers[k].elements;
    if (sum > most) most = sum, peak = i;
  }
  std::map<std::string, std::int64_t> parts;
  for (const LayerSummary& layer : summarise(plan.graph)) {
    parts[layer.name] = 4 * (2 * layer.parameters + layer.statistics);
  }
  for (std::size_t k = 0; k < used.size(); ++k) {
    const int node = plan.buffers[k].node;
    const std::string layer =
        node == kNetworkInput ? "the images" : plan.graph.nodes[std::size_t(node)].layer;
    if (alive(k, peak)) parts[layer] += 4 * plan.buffers[k].elements;
  }
  return parts;
}

TEST_CASE("a layer's part of the memory is what it has at the fullest operation") {
  for (const std::string& text : core_specs()) {
    INFO(text);
    const Spec spec = spec_of(text);
    const Compiled compiled = compile(spec, target_named("cuda"));
    const auto parts = parts_of(compiled.plan);
    const auto largest =
        std::ranges::max_element(parts, {}, [](const auto& part) { return part.second; });
    CHECK(costs(spec, compiled).train_memory.of_layer == largest->second);
  }
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

TEST_CASE("each limit holds its own cost") {
  Costs costs;
  costs.parameters.value = 1;
  costs.macs.value = 2;
  costs.train_memory.value = 3;
  costs.inference_memory.value = 4;
  costs.receptive_field.value = 5;
  Budget budget;
  budget.parameters = 101;
  budget.macs = 1002;
  budget.train_memory = 10003;
  budget.inference_memory = 100004;
  budget.receptive_field = 1000005;
  std::string text;
  for (const Limit& limit : limits()) {
    text += std::string(limit.key()) + " " + std::to_string(margin(limit, budget, costs)) + ", ";
  }
  CHECK(text ==
        "parameters 100, macs 1000, train_memory 10000, inference_memory 100000, "
        "receptive_field -1000000, ");
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
