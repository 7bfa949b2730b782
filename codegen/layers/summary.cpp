#include "layers/summary.hpp"

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

std::int64_t elements(const std::vector<Tensor>& tensors) {
  std::int64_t sum = 0;
  for (const Tensor& tensor : tensors) sum += tensor.elements();
  return sum;
}

}  // namespace

std::vector<LayerSummary> summarise(const Graph& graph) {
  std::vector<LayerSummary> layers;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Loss>(node.op)) continue;
    if (layers.empty() || layers.back().name != node.layer) {
      layers.emplace_back();
      layers.back().name = node.layer;
    }
    LayerSummary& layer = layers.back();
    layer.kind += (layer.kind.empty() ? "" : ", ") + layer_type(node.op).describe(node.op);
    layer.out = node.out;
    layer.field = node.field;
    layer.parameters += elements(node.parameters);
    if (std::holds_alternative<Norm>(node.op)) layer.norm_parameters += elements(node.parameters);
    layer.buffers += elements(node.buffers);
    layer.macs += node.macs;
    layer.activation_bytes += node.out.elements() * 4;
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
    sum.buffers += layer.buffers;
    sum.macs += layer.macs;
    sum.activation_bytes += layer.activation_bytes;
  }
  return sum;
}

}  // namespace castnet::codegen
