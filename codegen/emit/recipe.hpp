// The template values that come from a spec's recipe.
#pragma once

#include "layers/layer_type.hpp"

namespace castnet::codegen {

/// The `train` section and the data set's facts; enumerators are spelt as in
/// runtime/core/program.hpp.
Values recipe_values(const Spec& spec);

}  // namespace castnet::codegen
