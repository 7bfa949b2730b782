// What each layer of a spec costs.
#pragma once

#include <vector>

#include "ir/graph.hpp"

namespace castnet::codegen {

/// One row a layer of the spec, in order; the loss has none.
std::vector<LayerSummary> summarise(const Graph& graph);

/// The sums; output shape and receptive field are the last layer's.
LayerSummary total(const std::vector<LayerSummary>& layers);

}  // namespace castnet::codegen
