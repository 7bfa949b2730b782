// Facts about a norm that other layers use.
#pragma once

#include "ir/graph.hpp"

namespace castnet::codegen {

/// The number of groups of channels that have statistics of their own.
int norm_groups(const NormSpec& norm, const Shape& shape);

/// Whether the mean of every channel of every image after the norm is its shift, and so does not
/// depend on the input. Needs the node's shape.
bool fixes_channel_means(const Node& norm);

}  // namespace castnet::codegen
