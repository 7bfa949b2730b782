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

/// Strides multiply without bound; beyond every image they stop at the largest int.
int saturated(std::int64_t value) {
  return static_cast<int>(std::min<std::int64_t>(value, std::numeric_limits<int>::max()));
}

FieldAxis through(const Window& window, const FieldAxis& axis) {
  const std::int64_t jump = axis.jump;
  const std::int64_t first = -window.padding;
  return {axis.first + first * jump, axis.last + (first + window.extent - 1) * jump,
          saturated(jump * window.stride)};
}

/// What `outputs` sums of two values see: of each, the pixels from the first to the last that
/// either sees. Where only rounding has brought unequal strides to the same size, that of the two
/// outermost sums which sees more stands for all.
FieldAxis united(const FieldAxis& a, const FieldAxis& b, int outputs) {
  const int jump = std::max(a.jump, b.jump);
  const auto seen = [&](std::int64_t output) {
    return FieldAxis{std::min(a.first + output * a.jump, b.first + output * b.jump),
                     std::max(a.last + output * a.jump, b.last + output * b.jump), jump};
  };
  const std::int64_t end = outputs - 1;
  const FieldAxis left = seen(0), right = seen(end);
  if (left.size() >= right.size()) return left;
  return {right.first - end * jump, right.last - end * jump, jump};
}

/// What the node's outputs see of the image.
ReceptiveField field_of(const Graph& graph, const Node& node) {
  const auto input = [&](int index) {
    return index == kNetworkInput ? ReceptiveField{}
                                  : graph.nodes[static_cast<std::size_t>(index)].field;
  };
  ReceptiveField field = input(node.inputs.front());
  const std::size_t seen = layer_type(node.op).sees_first_alone() ? 1 : node.inputs.size();
  for (std::size_t i = 1; i < seen; ++i) {
    const ReceptiveField other = input(node.inputs[i]);
    field = {united(field.height, other.height, node.in.height),
             united(field.width, other.width, node.in.width)};
  }
  const Windows windows = layer_type(node.op).windows(node.op, node.in);
  return {through(windows.height, field.height), through(windows.width, field.width)};
}

/// What of a layer is too large to work with, if anything.
std::optional<std::string> excess(const Graph& graph, const Node& node) {
  std::int64_t parameters = 0;
  for (const Tensor& tensor : node.parameters) parameters += tensor.elements();
  if (parameters > kMostElements) return fmt::format("{} parameters are too many", parameters);
  if (node.out.elements() * graph.batch <= kMostElements) return std::nullopt;
  return fmt::format("an output of {} for {} images is too large", to_text(node.out), graph.batch);
}

void complete(const Graph& graph, Node& node) {
  const LayerType& type = layer_type(node.op);
  node.out = type.shape(node.op, node.in);
  node.parameters = type.parameters(node.op, node.in);
  node.statistics = type.statistics(node.op, node.in);
  for (auto* tensors : {&node.parameters, &node.statistics}) {
    for (Tensor& tensor : *tensors) tensor.name = node.scope + "." + tensor.name;
  }
  node.macs = type.macs(node.op, node.in, node.out);
  node.field = field_of(graph, node);
  for (Node& one : node.fused) {
    one.in = one.out = node.out;
    one.field = node.field;
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
    const int before = node.inputs.front();
    const Node* const input =
        before == kNetworkInput ? nullptr : &graph.nodes[static_cast<std::size_t>(before)];
    if (const auto reason = layer_type(node.op).futile(node, input, graph.batch)) {
      errors.push_back({node.where, node.scope + ": " + *reason});
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
