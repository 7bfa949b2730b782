// The template values that come from a spec's recipe.
#pragma once

#include "layers/layer_type.hpp"

namespace castnet::codegen {

/// The `train` section and the data set's facts; enumerators are spelt as in
/// runtime/core/program.hpp.
Values recipe_values(const Spec& spec, const Graph& graph);

std::string_view to_word(ClipKind kind);

std::string_view to_word(OptimizerKind kind);

}  // namespace castnet::codegen
