// Squeeze and excitation, PReLU and channel norm: what their words become.
#include <algorithm>
#include <numeric>

#include "analysis/summary.hpp"
#include "analysis/update_rules.hpp"
#include "support.hpp"

namespace castnet::codegen {
namespace {

Graph graph_of(const std::string& rest) { return plan_of(kHead + rest).graph; }

std::string names(const Graph& graph, const std::string& layer) {
  std::string text;
  for (const Node& node : graph.nodes) {
    if (node.layer != layer) continue;
    text += (text.empty() ? "" : " ") + node.name;
    for (const Node& one : node.fused) text += "+" + one.name;
  }
  return text;
}

const Node& node_named(const Graph& graph, std::string_view name) {
  const auto found = std::ranges::find(graph.nodes, name, &Node::name);
  REQUIRE(found != graph.nodes.end());
  return *found;
}

constexpr char kGate[] =
    "C2_squeeze_global_pool C2_reduce_conv+C2_reduce_activation C2_expand_conv "
    "C2_expand_activation C2_scale";

TEST_CASE("a gate stands behind the activation, or where the block says") {
  const std::string layers = "norm: batch\nlayers: C1:8 C2:8 GAP c3:10\n";
  const auto c2 = [&](const std::string& overrides) {
    return names(graph_of(layers + "overrides: {C2: {squeeze: 4" + overrides + "}}\n"), "C2");
  };
  const std::string gate = kGate;
  CHECK(c2("") == "C2_conv C2_norm " + gate);  // the norm has taken in the activation
  CHECK(c2(", dropout: 0.1") == "C2_conv C2_norm " + gate + " C2_dropout");
  CHECK(c2(", block: conv norm squeeze relu") == "C2_conv C2_norm " + gate + " C2_activation");
  CHECK(c2(", skip: C1") == "C2_conv C2_norm " + gate + " C2_add C2_activation");
  CHECK(c2(", skip: {from: C1, sum: after_block}") == "C2_conv C2_norm " + gate + " C2_add");
}

TEST_CASE("a gate is two 1x1 convolutions with biases, and is told in one word") {
  const Graph graph = graph_of("layers: C1:8 C2:12 GAP c3:10\noverrides: {C2: {squeeze: 4}}\n");
  const Node& reduce = node_named(graph, "C2_reduce_conv");
  const Node& expand = node_named(graph, "C2_expand_conv");
  CHECK(reduce.in == Shape{12, 1, 1});
  CHECK(last_fused(reduce).out == Shape{3, 1, 1});
  CHECK(expand.out == Shape{12, 1, 1});
  REQUIRE(reduce.parameters.size() == 2);
  CHECK(reduce.parameters[0].name == "C2.reduce.conv.weight");
  CHECK(expand.parameters[1].name == "C2.expand.conv.bias");
  CHECK(node_named(graph, "C2_scale").out == Shape{12, 32, 32});
  const std::vector<LayerSummary> layers = summarise(graph);
  CHECK(layers[1].kind == "3x3 conv 12 + bias, relu, squeeze and excitation /4");
  CHECK(layers[1].parameters == (8 * 9 * 12 + 12) + (12 * 3 + 3) + (3 * 12 + 12));
}

TEST_CASE("a gate leaves the receptive field as it is") {
  const std::string layers = "layers: C1:8 C2:8 GAP c3:10\n";
  const Graph plain = graph_of(layers);
  const Graph gated = graph_of(layers + "overrides: {C1: {squeeze: 2}}\n");
  CHECK(network_field(plain) == FieldSize{5, 5});
  CHECK(network_field(gated) == FieldSize{5, 5});
  CHECK(summarise(gated)[1].field == FieldSize{5, 5});
}

TEST_CASE("what is gated and the gate both get gradients") {
  const Plan plan = plan_of(kHead + "layers: C1:8 C2:8 GAP c3:10\noverrides: {C2: {squeeze: 4}}\n");
  const auto scale = std::ranges::find_if(plan.operations, [&](const Operation& operation) {
    return operation.action == Action::backward &&
           plan.graph.nodes[static_cast<std::size_t>(operation.node)].name == "C2_scale";
  });
  REQUIRE(scale != plan.operations.end());
  std::vector<std::string> written;
  for (const Binding& binding : scale->bindings) {
    if (binding.writes) written.emplace_back(binding.role.name);
  }
  CHECK(written == std::vector<std::string>{"dx2", "dx"});
  // The gated value is read by the gate's pool, too: its two gradients are added up.
  CHECK(std::ranges::count(plan.operations, Action::accumulate, &Operation::action) == 1);
}

TEST_CASE("channel norm has a scale and a shift a channel, and keeps two numbers a pixel") {
  const Plan plan = plan_of(kHead + "norm: channel\nlayers: C1:8 GAP c2:10\ntrain: {batch: 16}\n");
  const Node& norm = node_named(plan.graph, "C1_channel_norm");
  REQUIRE(norm.parameters.size() == 2);
  CHECK(norm.parameters[0].name == "C1.norm.weight");
  CHECK(norm.parameters[0].centre == 1);
  CHECK(norm.parameters[1].shape == std::vector<int>{8});
  CHECK(norm.statistics.empty());
  const auto saved = std::ranges::find(plan.buffers, "C1_channel_norm_saved", &Buffer::name);
  REQUIRE(saved != plan.buffers.end());
  CHECK(saved->elements == 2 * 32 * 32 * 16);
  CHECK(error_of("name: n\ndata: mnist\nlayers: C1:1 GAP c2:10\nnorm: channel\n")
            .find("its input of 1x28x28 has one channel") != std::string::npos);
}

TEST_CASE("a slope a channel or one for all, and penalties on weights leave it alone") {
  const Graph graph = graph_of(
      "activation: prelu\nlayers: C1:8 C2:4 GAP c3:10\n"
      "overrides: {C2: {activation: {prelu: {shared: true, init: 0.1}}}}\n");
  const Tensor& each = node_named(graph, "C1_prelu").parameters.at(0);
  const Tensor& one = node_named(graph, "C2_prelu").parameters.at(0);
  CHECK(each.shape == std::vector<int>{8});
  CHECK(each.centre == 0.25);
  CHECK(one.shape == std::vector<int>{1});
  CHECK(one.centre == 0.1);
  OptimizerSpec optimizer;
  optimizer.weight_decay = {0.5, {"weights"}};
  optimizer.l1 = {0.25, {"slopes"}};
  const UpdateRules rules = update_rules(optimizer, graph);
  std::size_t parameter = 0;
  for (const Node& node : graph.nodes) {
    for (const Tensor& tensor : node.parameters) {
      const UpdateRule& rule = rules.rules.at(rules.of.at(parameter++));
      INFO(tensor.name);
      CHECK(rule.weight_decay == (tensor.name.ends_with(".conv.weight") ? 0.5 : 0));
      CHECK(rule.l1 == (tensor.name.ends_with(".prelu.weight") ? 0.25 : 0));
    }
  }
  CHECK(parameter == rules.of.size());
  CHECK(parameter == 8);  // three convolutions' weights and biases, two slopes
}

}  // namespace
}  // namespace castnet::codegen
