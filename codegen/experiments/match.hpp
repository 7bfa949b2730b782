// castnet compare --match-parameters.
#pragma once

#include <vector>

#include "experiments/variants.hpp"

namespace castnet::codegen {

/// Gives every variant as many parameters as the first, or as the smallest budget allows, within
/// `tolerance` percent: loads those that need other widths again, with these, and says so. False if
/// one cannot be brought there; an error was printed.
bool match_variants(std::vector<Variant>& variants, const SpecOptions& options, double tolerance);

}  // namespace castnet::codegen
