// What the passes that fuse operations with those before them share.
#pragma once

#include <algorithm>
#include <utility>

#include "ir/graph.hpp"

namespace castnet::codegen {

/// `node` computes `next`, its reader, too.
inline void take_in(Node& node, Node& next) {
  next.inputs.clear();
  node.fused.push_back(std::move(next));
}

/// Calls fuse(node, next) for each node `next` that is the only reader of `node`, its first input.
/// True: `node` has taken it in, and stands for both.
template <class Fuse>
Graph fuse_readers(Graph graph, Fuse fuse) {
  const auto read_elsewhere = [&](int producer, int reader) {
    for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i) {
      const auto& inputs = graph.nodes[static_cast<std::size_t>(i)].inputs;
      if (i != reader && std::ranges::count(inputs, producer) > 0) return true;
    }
    return false;
  };
  std::vector<Node> kept;
  std::vector<int> index_of;  // where each old node's value is now
  for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i) {
    Node node = graph.nodes[static_cast<std::size_t>(i)];
    const int before = node.inputs.front();
    for (int& from : node.inputs) {
      if (from != kNetworkInput) from = index_of[static_cast<std::size_t>(from)];
    }
    const int producer = node.inputs.front();
    if (producer != kNetworkInput && !read_elsewhere(before, i) &&
        fuse(kept[static_cast<std::size_t>(producer)], node)) {
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
