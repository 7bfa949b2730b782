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

}  // namespace

Graph fuse_norm_activation(Graph graph) {
  std::vector<Node> kept;
  std::vector<int> index_of;  // where each old node's value is now
  for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i) {
    Node node = graph.nodes[static_cast<std::size_t>(i)];
    const int input = node.inputs.front();
    const auto* activation = std::get_if<Activation>(&node.op);
    if (activation && input != kNetworkInput && !read_elsewhere(graph, input, i)) {
      const auto producer = static_cast<std::size_t>(index_of[static_cast<std::size_t>(input)]);
      auto* norm = std::get_if<Norm>(&kept[producer].op);
      if (norm && norm->activation.kind == ActivationKind::none) {
        norm->activation = activation->activation;
        index_of.push_back(static_cast<int>(producer));
        continue;
      }
    }
    for (int& from : node.inputs) {
      if (from != kNetworkInput) from = index_of[static_cast<std::size_t>(from)];
    }
    kept.push_back(std::move(node));
    index_of.push_back(static_cast<int>(kept.size()) - 1);
  }
  graph.nodes = std::move(kept);
  return graph;
}

}  // namespace castnet::codegen
