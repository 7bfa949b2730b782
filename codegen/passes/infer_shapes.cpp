#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "layers/layer_type.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

/// Larger activations and weights than this are a slip of the pen, and would overflow 32-bit
/// offsets in kernels and, summed over all layers, 64-bit counts.
constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

/// Receptive fields beyond every image stop at the largest int: strides multiply without bound.
int saturated(std::int64_t value) {
  return static_cast<int>(std::min<std::int64_t>(value, std::numeric_limits<int>::max()));
}

ReceptiveField through(const Window& window, const ReceptiveField& field) {
  const std::int64_t jump = field.jump;
  return {saturated(field.size + (window.extent - 1) * jump), saturated(jump * window.stride)};
}

/// What of a layer is too large to work with, if anything.
std::optional<std::string> excess(const Graph& graph, const Node& node) {
  std::int64_t parameters = 0;
  for (const Tensor& tensor : node.parameters) parameters += tensor.elements();
  if (parameters > kMostElements) return fmt::format("{} parameters are too many", parameters);
  if (node.out.elements() * graph.batch <= kMostElements) return std::nullopt;
  return fmt::format("an output of {} for {} images is too large", to_text(node.out), graph.batch);
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
  for (Node& part : node.joined) {
    part.in = part.out = node.out;
    part.field = node.field;
  }
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
    if (const auto fault = excess(graph, node)) {
      errors.push_back({node.where, node.layer + ": " + *fault});
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
