// The data sets that a spec can name, with all facts about them that generated source fixes.
#pragma once

#include <span>

#include "ir/spec.hpp"

namespace castnet::codegen {

/// All data sets with a name of their own, in the order in which messages list them.
std::span<const DataSetFacts> data_sets();

}  // namespace castnet::codegen
