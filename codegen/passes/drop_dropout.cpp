#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

bool is_dropout(const Node& node) { return std::holds_alternative<Dropout>(node.op); }

}  // namespace

Graph drop_dropout(Graph graph) {
  std::vector<Node> kept;
  std::vector<int> index_of;  // where each old node's value is now
  for (Node& node : graph.nodes) {
    for (int& from : node.inputs) {
      if (from != kNetworkInput) from = index_of[static_cast<std::size_t>(from)];
    }
    if (is_dropout(node)) {
      index_of.push_back(node.inputs.front());
      continue;
    }
    std::erase_if(node.fused, is_dropout);
    kept.push_back(std::move(node));
    index_of.push_back(static_cast<int>(kept.size()) - 1);
  }
  graph.nodes = std::move(kept);
  return graph;
}

}  // namespace castnet::codegen
