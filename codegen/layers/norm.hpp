// What other layers ask of a norm.
#pragma once

#include "ir/graph.hpp"

namespace castnet::codegen {

/// Groups of channels that have statistics of their own.
int norm_groups(const NormSpec& norm, const Shape& shape);

/// Whether the norm leaves every channel of every image a mean that does not depend on the input:
/// its shift. Needs the node's shape.
bool fixes_channel_means(const Node& norm);

}  // namespace castnet::codegen
