#include <algorithm>

#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

bool read_elsewhere(const Graph& graph, int producer, int reader) {
  for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i) {
    const auto& inputs = graph.nodes[static_cast<std::size_t>(i)].inputs;
    if (i != reader && std::find(inputs.begin(), inputs.end(), producer) != inputs.end()) {
      return true;
    }
  }
  return false;
}

/// A norm computes its activation first. One that comes behind the dropout may change places with
/// it if it is ReLU: dropout multiplies by 0 or by a factor >= 1, and relu(x) * m is relu(x * m)
/// for every such m, bit for bit: NaN stays NaN, and every x <= 0 gives +0 (only a dropped
/// -infinity now gives 0, which was NaN). The derivative, taken at x instead of x * m, differs only
/// where m = 0, and there the gradient is 0 anyway. Leaky ReLU would be rounded differently; GELU
/// and SiLU give other values.
bool join_activation(Node& node, Norm& norm, const Activation& next) {
  if (norm.activation.kind != ActivationKind::none) return false;
  if (!node.joined.empty() && next.activation.kind != ActivationKind::relu) return false;
  norm.activation = next.activation;
  return true;
}

/// Only the layer's own, so that each layer's heading and row say what stands there.
bool join_dropout(Node& node, Node& next) {
  if (!node.joined.empty() || next.layer != node.layer) return false;
  next.inputs.clear();
  node.joined.push_back(std::move(next));
  return true;
}

/// Joins `next`, the only reader of `node`, to it; false if it has to stay an operation of its own.
bool join(Node& node, Node& next) {
  auto* norm = std::get_if<Norm>(&node.op);
  if (!norm) return false;
  if (const auto* activation = std::get_if<Activation>(&next.op)) {
    return join_activation(node, *norm, *activation);
  }
  return std::holds_alternative<Dropout>(next.op) && join_dropout(node, next);
}

}  // namespace

Graph fuse_norm(Graph graph) {
  std::vector<Node> kept;
  std::vector<int> index_of;  // where each old node's value is now
  for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i) {
    Node node = graph.nodes[static_cast<std::size_t>(i)];
    for (int& from : node.inputs) {
      if (from != kNetworkInput) from = index_of[static_cast<std::size_t>(from)];
    }
    const int producer = node.inputs.front();
    const bool only_reader =
        producer != kNetworkInput &&
        !read_elsewhere(graph, graph.nodes[static_cast<std::size_t>(i)].inputs.front(), i);
    if (only_reader && join(kept[static_cast<std::size_t>(producer)], node)) {
      index_of.push_back(producer);
      continue;
    }
    kept.push_back(std::move(node));
    index_of.push_back(static_cast<int>(kept.size()) - 1);
  }
  graph.nodes = std::move(kept);
  return graph;
}

}  // namespace castnet::codegen
