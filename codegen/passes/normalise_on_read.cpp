#include <algorithm>

#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

/// Computing it costs little more than reading it. It is done twice, forward and for the gradient
/// of the reader's weights.
bool is_cheap(ActivationKind kind) {
  return kind == ActivationKind::none || kind == ActivationKind::relu ||
         kind == ActivationKind::leaky_relu;
}

bool is_plain(const Node& node) {
  const auto* norm = std::get_if<Norm>(&node.op);
  return norm && norm->norm.affine != Affine::element && is_cheap(norm->activation.kind) &&
         node.fused.empty();
}

/// Each pixel is read once, in the order in which it lies in memory; convolutions of more taps
/// would normalise it again for each.
bool reads_once(const Node& node) {
  return std::holds_alternative<Conv>(node.op) && !node.fused.empty() &&
         std::holds_alternative<Pool>(node.fused.back().op);
}

}  // namespace

Graph normalise_on_read(Graph graph) {
  const int last = last_with_pixels(graph);  // Grad-CAM looks at it
  for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i) {
    Node& node = graph.nodes[static_cast<std::size_t>(i)];
    if (i == last || !is_plain(node)) continue;
    const auto reads = [i](const Node& other) { return std::ranges::count(other.inputs, i) > 0; };
    node.on_read = std::ranges::count_if(graph.nodes, reads) == 1 &&
                   reads_once(*std::ranges::find_if(graph.nodes, reads));
  }
  return graph;
}

}  // namespace castnet::codegen
