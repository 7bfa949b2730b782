// Converts nodes to the shapes of kernels (castnet_shared/shapes.hpp), which know their sizes.
#pragma once

#include "castnet_shared/shapes.hpp"
#include "ir/graph.hpp"

namespace castnet::codegen {

// The shape of a node with such an operation. The node's shapes must be known.
ConvShape conv_shape(const Conv& conv, const Shape& in, int batch);
ConvShape conv_shape(const Node& node, int batch);
PoolShape pool_shape(const Pool& pool, const Shape& in, int batch);
NormShape norm_shape(const Node& node, int batch);
ChannelNormShape channel_norm_shape(const Node& node, int batch);
PReluShape prelu_shape(const Node& node, int batch);
LinearShape linear_shape(const Node& node, int batch);

}  // namespace castnet::codegen
