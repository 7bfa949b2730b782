// The data sets that a spec can name, with everything about them that generated source fixes.
#pragma once

#include <span>
#include <string_view>

#include "ir/spec.hpp"

namespace castnet::codegen {

/// All data sets, in the order in which messages list them.
std::span<const DataSetFacts> data_sets();

/// The facts of one data set, or null where there is none of that name.
const DataSetFacts* find_data_set(std::string_view name);

}  // namespace castnet::codegen
