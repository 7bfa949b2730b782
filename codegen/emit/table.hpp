// The layer table, for `castnet check` and for the head of generated sources.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.hpp"

namespace castnet::codegen {

/// One row a layer, then the totals; lines ended by '\n' and at most `width` columns wide. MACs and
/// bytes (every operation's output, float32) are of one image.
std::string layer_table(const Graph& graph, std::size_t width);

/// The same as cells: the headings, a row a layer, the totals.
std::vector<std::vector<std::string>> layer_cells(const Graph& graph);

/// 49562 as "49,562".
std::string thousands(std::int64_t value);

}  // namespace castnet::codegen
