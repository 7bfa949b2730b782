#include "analysis/feature_map.hpp"

#include <fmt/format.h>

#include "layers/layer_type.hpp"

namespace castnet::codegen {

namespace {

/// The part of the operation that prevents a heat map, in words; empty if there is none.
const Node* obstacle_in(const Node& node) {
  if (!layer_type(node.op).evaluation_backward(node.op)) return &node;
  for (const Node& one : node.fused) {
    // A pooling that is fused with a convolution stores its places only in training.
    const bool pool = std::holds_alternative<Pool>(one.op);
    if (pool || !layer_type(one.op).evaluation_backward(one.op)) return &one;
  }
  return nullptr;
}

std::string obstacle_behind(const Graph& graph, int map) {
  for (auto i = static_cast<std::size_t>(map) + 1; i < graph.nodes.size(); ++i) {
    const Node* const obstacle = obstacle_in(graph.nodes[i]);
    if (obstacle == nullptr) continue;
    return fmt::format("{} ({})", obstacle->layer, layer_type(obstacle->op).describe(obstacle->op));
  }
  return {};
}

/// The buffer of the map's values or gradient that the operation writes, or -1.
int written(const Plan& plan, const Operation& operation, int map) {
  for (const Binding& binding : operation.bindings) {
    const bool output = binding.role == Role::y || is_input_gradient(binding.role);
    const Buffer& buffer = plan.buffers[static_cast<std::size_t>(binding.buffer)];
    if (binding.writes && output && buffer.node == map) return binding.buffer;
  }
  return -1;
}

}  // namespace

std::optional<FeatureMap> feature_map(const Plan& plan) {
  FeatureMap map;
  map.node = last_with_pixels(plan.graph);
  if (map.node == kNetworkInput) return {};
  map.obstacle = obstacle_behind(plan.graph, map.node);
  const auto count = static_cast<int>(plan.operations.size());
  for (int i = 0; i < count; ++i) {
    const Operation& operation = plan.operations[static_cast<std::size_t>(i)];
    if (i < plan.forward_operations) {
      if (operation.node != map.node) continue;
      for (const Binding& binding : operation.bindings) {
        if (binding.role == Role::y) map.values = binding.buffer;
      }
      map.values_from = i;
      continue;
    }
    // The map's own backward may overwrite its gradient. Before that, its readers and their sum
    // have written the gradient.
    const bool sum = operation.node == map.node && operation.action == Action::accumulate;
    const bool before = operation.node > map.node || sum;
    const int buffer = before ? written(plan, operation, map.node) : -1;
    if (buffer < 0) continue;
    map.gradient = buffer;
    map.gradient_from = i;
  }
  return map;
}

}  // namespace castnet::codegen
