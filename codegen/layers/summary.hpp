// What each layer of a spec costs.
#pragma once

#include <vector>

#include "ir/graph.hpp"

namespace castnet::codegen {

/// A layer's operations in words, e.g. "3x3 conv 16, batch norm, relu", or "2x2 max pool, joined to
/// c3" for what another layer's operation computes.
std::string describe(const Graph& graph, const std::string& layer);

/// One row a layer of the spec, in order; the loss has none.
std::vector<LayerSummary> summarise(const Graph& graph);

/// The sums; output shape and receptive field are the last layer's.
LayerSummary total(const std::vector<LayerSummary>& layers);

/// The last operation before global pooling and fully connected layers, which see everything, or
/// kNetworkInput: what it sees is the network's receptive field.
int last_map(const Graph& graph);

/// How many parameters the norms' affine would have, were it one scale and shift a channel.
std::int64_t norm_parameters_by_channel(const Graph& graph);

}  // namespace castnet::codegen
