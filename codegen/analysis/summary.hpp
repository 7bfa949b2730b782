// What each layer of a spec costs.
#pragma once

#include <string>
#include <vector>

#include "ir/plan.hpp"

namespace castnet::codegen {

/// A layer's operations in words, e.g. "3x3 conv 16, batch norm, relu", or
/// "2x2 max pool, fused with c3" for what another layer's operation computes.
std::string describe(const Graph& graph, const std::string& layer);

/// One row a layer of the spec, in order; the loss has none.
std::vector<LayerSummary> summarise(const Graph& graph);

/// The sums; output shape and receptive field are the last layer's.
LayerSummary total(const std::vector<LayerSummary>& layers);

/// What operations do for a batch: multiply-adds of convolutions and fully connected layers, and
/// bytes of float32 in buffers, each operation reading and writing its own once.
struct Work {
  std::int64_t macs = 0;
  std::int64_t bytes = 0;
  bool operator==(const Work&) const = default;
};

struct LayerWork {
  std::string layer;
  Work forward, backward;
};

/// One row a layer, in forward's order; the loss is the last.
std::vector<LayerWork> layer_work(const Plan& plan);

/// The last operation before global pooling and fully connected layers, which see everything, or
/// kNetworkInput: what it sees is the network's receptive field.
int last_map(const Graph& graph);

/// What that operation sees; 1x1 of the images themselves.
FieldSize network_field(const Graph& graph);

/// How many parameters the norms' affine would have, were it one scale and shift a channel.
std::int64_t norm_parameters_by_channel(const Graph& graph);

}  // namespace castnet::codegen
