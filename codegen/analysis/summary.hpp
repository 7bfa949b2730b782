// The costs of each layer of a spec.
#pragma once

#include <string>
#include <vector>

#include "ir/plan.hpp"

namespace castnet::codegen {

/// A layer's operations in words, e.g. "3x3 conv 16, batch norm, relu". A layer that another
/// layer's operation computes is described as e.g. "2x2 max pool, fused with c3".
std::string describe(const Graph& graph, const std::string& layer);

/// One row for each layer of the spec, in order. The loss has none.
std::vector<LayerSummary> summarise(const Graph& graph);

/// The totals. The output shape and the receptive field are those of the last layer.
LayerSummary total(const std::vector<LayerSummary>& layers);

/// The work of operations for a batch: multiply-adds of convolutions and fully connected layers,
/// and bytes of float32 that are read and written. Each operation reads and writes each of its
/// buffers once.
struct Work {
  std::int64_t macs = 0;
  std::int64_t bytes = 0;
  bool operator==(const Work&) const = default;
};

struct LayerWork {
  std::string layer;
  Work forward, backward;
};

/// One row for each layer, in forward's order. The loss is the last.
std::vector<LayerWork> layer_work(const Plan& plan);

/// The last operation before global pooling and fully connected layers, which see everything; or
/// kNetworkInput. Its receptive field is the network's.
int last_map(const Graph& graph);

/// The receptive field of that operation; 1x1 for the images themselves.
FieldSize network_field(const Graph& graph);

/// The number of parameters of the norms' affine if it were one scale and shift per channel.
std::int64_t norm_parameters_by_channel(const Graph& graph);

}  // namespace castnet::codegen
