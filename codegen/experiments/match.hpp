// The option --match-parameters of castnet compare.
#pragma once

#include <vector>

#include "experiments/variants.hpp"

namespace castnet::codegen {

/// Gives every variant as many parameters as the first one, or as the smallest budget allows,
/// within `tolerance` percent. Variants that need other widths are loaded again with these, and a
/// message lists them. Returns false, after an error message, if one has no such widths.
bool match_variants(std::vector<Variant>& variants, const SpecOptions& options, double tolerance);

}  // namespace castnet::codegen
