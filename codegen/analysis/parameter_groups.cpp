#include "analysis/parameter_groups.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "ir/words.hpp"

namespace castnet::codegen {
namespace {

bool is_depthwise(const Node& node) {
  const auto* conv = std::get_if<Conv>(&node.op);
  return conv && conv->depthwise;
}

/// Whether `on`, of a penalty or a rate, names a tensor of a node.
bool names(std::string_view on, const Node& node, const Tensor& tensor) {
  using enum ParameterKind;
  if (on == node.layer) return true;
  const std::optional<ParameterKind> kind = from_word<ParameterKind>(on);
  switch (tensor.kind) {
    case TensorKind::norm:
      return kind == norms;
    case TensorKind::bias:
      return kind == biases;
    case TensorKind::slope:
      return kind == slopes;
    case TensorKind::weight:
      return kind == weights || (kind == depthwise && is_depthwise(node));
  }
  return false;
}

double penalty_factor(const PenaltySpec& penalty, const Node& node, const Tensor& tensor) {
  const bool held = penalty.on.empty() || std::ranges::any_of(penalty.on, [&](const auto& on) {
                      return names(on, node, tensor);
                    });
  return held ? penalty.factor : 0;
}

double rate_factor(const std::vector<RateSpec>& rates, const Node& node, const Tensor& tensor) {
  double product = 1;
  for (const RateSpec& rate : rates) {
    if (names(rate.on, node, tensor)) product *= rate.factor;
  }
  return product;
}

/// The name of the last layer with weights.
std::string_view classifier(const Graph& graph) {
  std::string_view name;
  for (const Node& node : graph.nodes) {
    if (!node.parameters.empty()) name = node.layer;
  }
  return name;
}

/// Whether `next` extends `group`.
bool alike(const ParameterGroup& group, const ParameterGroup& next) {
  return group.matrix_rows == 0 && next.matrix_rows == 0 &&
         group.weight_decay == next.weight_decay && group.l1 == next.l1 && group.rate == next.rate;
}

}  // namespace

std::vector<ParameterGroup> parameter_groups(const OptimizerSpec& optimizer, const Graph& graph) {
  std::vector<ParameterGroup> groups;
  std::int64_t offset = 0;
  const bool muon = optimizer.kind == OptimizerKind::muon;
  const std::string_view last = classifier(graph);
  for (const Node& node : graph.nodes) {
    for (const Tensor& tensor : node.parameters) {
      const ParameterGroup group{offset,
                                 tensor.elements(),
                                 penalty_factor(optimizer.weight_decay, node, tensor),
                                 penalty_factor(optimizer.l1, node, tensor),
                                 rate_factor(optimizer.rates, node, tensor),
                                 muon && node.layer != last ? tensor.matrix_rows : 0,
                                 tensor.name,
                                 tensor.name};
      offset += group.elements;
      if (!groups.empty() && alike(groups.back(), group)) {
        groups.back().elements += group.elements;
        groups.back().last = group.last;
      } else {
        groups.push_back(group);
      }
    }
  }
  return groups;
}

}  // namespace castnet::codegen
