#include "analysis/summary.hpp"

#include <algorithm>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

std::int64_t elements(const std::vector<Tensor>& tensors) {
  std::int64_t sum = 0;
  for (const Tensor& tensor : tensors) sum += tensor.elements();
  return sum;
}

/// Scales and shifts of norms.
std::int64_t norm_elements(const std::vector<Tensor>& tensors) {
  std::int64_t sum = 0;
  for (const Tensor& tensor : tensors) {
    sum += tensor.kind == TensorKind::norm ? tensor.elements() : 0;
  }
  return sum;
}

/// The node and what is fused with it.
std::vector<const Node*> with_fused(const Node& node) {
  std::vector<const Node*> all{&node};
  for (const Node& one : node.fused) all.push_back(&one);
  return all;
}

}  // namespace

std::string describe(const Graph& graph, const std::string& layer) {
  std::string text;
  for (const Node& node : graph.nodes) {
    for (const Node* one : with_fused(node)) {
      if (one->layer != layer) continue;
      const std::string_view way = std::string_view(one->scope).substr(layer.size());
      if (!way.empty() && way != ".skip") continue;  // the gate is told where it is applied
      text += (text.empty() ? "" : ", ");
      text += (way.empty() ? "" : "skip ") + layer_type(one->op).describe(one->op);
      if (node.layer != layer) text += ", fused with " + node.layer;
    }
  }
  return text;
}

std::vector<LayerSummary> summarise(const Graph& graph) {
  std::vector<LayerSummary> layers;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Loss>(node.op)) continue;
    for (const Node* one : with_fused(node)) {
      if (layers.empty() || layers.back().name != one->layer) {
        layers.emplace_back();
        layers.back().name = one->layer;
        layers.back().kind = describe(graph, one->layer);
      }
      LayerSummary& layer = layers.back();
      layer.out = one->out;
      layer.field = one->field.size();
      layer.parameters += elements(one->parameters);
      layer.norm_parameters += norm_elements(one->parameters);
      layer.statistics += elements(one->statistics);
      layer.macs += one->macs;
      if (one == &last_fused(node) && !node.on_read)
        layer.activation_bytes += one->out.elements() * 4;
    }
  }
  return layers;
}

LayerSummary total(const std::vector<LayerSummary>& layers) {
  LayerSummary sum;
  sum.name = "total";
  for (const LayerSummary& layer : layers) {
    sum.out = layer.out;
    sum.field = layer.field;
    sum.parameters += layer.parameters;
    sum.norm_parameters += layer.norm_parameters;
    sum.statistics += layer.statistics;
    sum.macs += layer.macs;
    sum.activation_bytes += layer.activation_bytes;
  }
  return sum;
}

std::vector<LayerWork> layer_work(const Plan& plan) {
  std::vector<LayerWork> rows;
  for (const Node& node : plan.graph.nodes) {
    if (std::ranges::count(rows, node.layer, &LayerWork::layer) == 0) {
      rows.push_back({node.layer, {}, {}});
    }
  }
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& operation = plan.operations[i];
    const Node& node = plan.graph.nodes[static_cast<std::size_t>(operation.node)];
    const auto row = std::ranges::find(rows, node.layer, &LayerWork::layer);
    const bool forward = i < static_cast<std::size_t>(plan.forward_operations);
    Work& work = forward ? row->forward : row->backward;
    if (operation.multiplies) work.macs += node.macs * plan.graph.batch;
    for (const Binding& binding : operation.bindings) {
      work.bytes += 4 * plan.buffers[static_cast<std::size_t>(binding.buffer)].elements;
    }
  }
  return rows;
}

int last_map(const Graph& graph) {
  const auto sees_all = [](const Node& node) {
    return std::holds_alternative<GlobalPool>(node.op) || std::holds_alternative<Linear>(node.op) ||
           std::holds_alternative<Loss>(node.op);
  };
  int map = kNetworkInput;
  // The path from the loss back to the images, without gates and skip connections.
  for (int i = static_cast<int>(graph.nodes.size()) - 1, before; i != kNetworkInput; i = before) {
    const Node& node = graph.nodes[static_cast<std::size_t>(i)];
    before = node.inputs.front();
    if (sees_all(node)) map = before;
  }
  return map;
}

FieldSize network_field(const Graph& graph) {
  const int map = last_map(graph);
  if (map == kNetworkInput) return {};
  return last_fused(graph.nodes[static_cast<std::size_t>(map)]).field.size();
}

std::int64_t norm_parameters_by_channel(const Graph& graph) {
  std::int64_t sum = 0;
  for (const Node& node : graph.nodes) {
    if (norm_elements(node.parameters) > 0) sum += std::int64_t{2} * node.in.channels;
  }
  return sum;
}

}  // namespace castnet::codegen
