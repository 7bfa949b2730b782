// How the optimizer treats each parameter: penalties, rates and matrices, by hand.
#include "analysis/update_rules.hpp"

#include <fmt/format.h>

#include <string>

#include "support.hpp"

namespace castnet::codegen {
namespace {

/// "name: decay l1 rate matrix", a line for each parameter.
std::string rules_of(const Spec& spec) {
  const Graph graph = compile(spec).plan.graph;
  const UpdateRules rules = update_rules(spec.train.optimizer, graph);
  std::string text;
  std::size_t parameter = 0;
  for (const Node& node : graph.nodes) {
    for (const Tensor& tensor : node.parameters) {
      const UpdateRule& rule = rules.rules.at(rules.of.at(parameter++));
      text += fmt::format("{}: {} {} {}{}\n", tensor.name, rule.weight_decay, rule.l1, rule.rate,
                          rule.matrix ? " matrix" : "");
    }
  }
  CHECK(parameter == rules.of.size());
  return text;
}

/// Those of a network with a convolution [4, 3, 3, 3], its batch norm, and a linear map [10, 4096]
/// with a bias.
std::string rules_of(const std::string& optimizer, const std::string& more = "") {
  return rules_of(spec_of("name: n\ndata: cifar10\nnorm: batch\nlayers: C1:4 F2:10\n" + more +
                          "train: {optimizer: " + optimizer + "}\n"));
}

TEST_CASE("a penalty without names holds for all parameters") {
  CHECK(rules_of("{sgd: {weight_decay: 0.5, l1: 0.25}}") ==
        "C1.conv.weight: 0.5 0.25 1\nC1.norm.weight: 0.5 0.25 1\nC1.norm.bias: 0.5 0.25 1\n"
        "F2.linear.weight: 0.5 0.25 1\nF2.linear.bias: 0.5 0.25 1\n");
}

TEST_CASE("what differs in one factor alone has a rule of its own") {
  CHECK(rules_of("{sgd: {l1: {factor: 0.25, on: F2}}}") ==
        "C1.conv.weight: 0 0 1\nC1.norm.weight: 0 0 1\nC1.norm.bias: 0 0 1\n"
        "F2.linear.weight: 0 0.25 1\nF2.linear.bias: 0 0.25 1\n");
  CHECK(rules_of("{sgd: {weight_decay: {factor: 0.5, on: C1}}}") ==
        "C1.conv.weight: 0.5 0 1\nC1.norm.weight: 0.5 0 1\nC1.norm.bias: 0.5 0 1\n"
        "F2.linear.weight: 0 0 1\nF2.linear.bias: 0 0 1\n");
  CHECK(rules_of("{sgd: {rates: {F2: 3}}}") ==
        "C1.conv.weight: 0 0 1\nC1.norm.weight: 0 0 1\nC1.norm.bias: 0 0 1\n"
        "F2.linear.weight: 0 0 3\nF2.linear.bias: 0 0 3\n");
}

TEST_CASE("penalties and rates hold for what they name, and rates multiply") {
  CHECK(rules_of("{adamw: {weight_decay: {factor: 0.5, on: weights}, l1: {factor: 0.25, on: "
                 "[norms, F2]}, rates: {norms: 4, biases: 2, C1: 3}}}") ==
        "C1.conv.weight: 0.5 0 3\nC1.norm.weight: 0 0.25 12\nC1.norm.bias: 0 0.25 12\n"
        "F2.linear.weight: 0.5 0.25 1\nF2.linear.bias: 0 0.25 2\n");
}

TEST_CASE("slopes are no weights") {
  // The slope of PReLU is one number for all channels here.
  CHECK(rules_of("{sgd: {rates: {weights: 2, slopes: 5}}}",
                 "activation: {prelu: {shared: true}}\n") ==
        "C1.conv.weight: 0 0 2\nC1.norm.weight: 0 0 1\nC1.norm.bias: 0 0 1\n"
        "C1.prelu.weight: 0 0 5\nF2.linear.weight: 0 0 2\nF2.linear.bias: 0 0 1\n");
}

TEST_CASE("Muon takes matrices, and the classifier is none") {
  CHECK(rules_of(spec_of("name: n\ndata: shapes\nlayers: C1:4 D2 F3:10\n"
                         "defaults: {C: {bias: false}, D: {bias: false}}\n"
                         "train: {optimizer: muon}\n")) ==
        "C1.conv.weight: 0 0 1 matrix\nD2.conv.weight: 0 0 1\n"
        "F3.linear.weight: 0 0 1\nF3.linear.bias: 0 0 1\n");
}

}  // namespace
}  // namespace castnet::codegen
