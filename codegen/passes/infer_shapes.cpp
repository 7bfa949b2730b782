#include <fmt/format.h>

#include <algorithm>

#include "layers/layer_type.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

/// Larger activations than this are a slip of the pen, and would overflow 32-bit offsets in
/// kernels.
constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

ReceptiveField through(const Window& window, const ReceptiveField& field) {
  return {field.size + (window.extent - 1) * field.jump, field.jump * window.stride};
}

void complete(Graph& graph, Node& node) {
  const LayerType& type = layer_type(node.op);
  node.out = type.shape(node.op, node.in);
  node.parameters = type.parameters(node.op, node.in);
  node.buffers = type.buffers(node.op, node.in);
  for (auto* tensors : {&node.parameters, &node.buffers}) {
    for (Tensor& tensor : *tensors) tensor.name = node.scope + "." + tensor.name;
  }
  node.macs = type.macs(node.op, node.in, node.out);
  ReceptiveField before;
  for (const int input : node.inputs) {
    if (input == kNetworkInput) continue;
    const ReceptiveField& field = graph.nodes[static_cast<std::size_t>(input)].field;
    before = {std::max(before.size, field.size), std::max(before.jump, field.jump)};
  }
  node.field = through(type.window(node.op, node.in), before);
}

}  // namespace

Graph infer_shapes(Graph graph, std::vector<Diagnostic>& errors) {
  for (Node& node : graph.nodes) {
    std::vector<Shape> inputs;
    for (const int input : node.inputs) {
      inputs.push_back(input == kNetworkInput ? graph.input
                                              : graph.nodes[static_cast<std::size_t>(input)].out);
    }
    node.in = inputs.front();
    if (const auto problem = layer_type(node.op).problem(node.op, inputs)) {
      errors.push_back({node.where, node.scope + ": " + *problem});
      return graph;
    }
    complete(graph, node);
    if (node.out.elements() * graph.batch > kMostElements) {
      errors.push_back({node.where, fmt::format("{}: an output of {} for {} images is too large",
                                                node.layer, to_text(node.out), graph.batch)});
      return graph;
    }
  }
  const Node& loss = graph.nodes.back();
  const Shape logits{graph.classes, 1, 1};
  if (loss.in != logits) {
    errors.push_back(
        {loss.where,
         fmt::format("the last layer's output is {}, but the data set has {} classes: {} is needed "
                     "({})",
                     to_text(loss.in), graph.classes, to_text(logits),
                     loss.in.height * loss.in.width > 1
                         ? "put GAP or a fully connected layer before or at the end"
                         : fmt::format("give the last layer {} output channels", graph.classes))});
  }
  return graph;
}

}  // namespace castnet::codegen
