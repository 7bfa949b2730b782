// The data set, budget and recipe of a spec as keys and words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ir/spec.hpp"

namespace castnet::codegen {

/// Returns keys as `--set` takes them, and values as people read them, in the order of
/// docs/spec.md. Only settings that the spec's optimiser and schedule use are listed, and only
/// augmentations that are on.
std::vector<std::pair<std::string, std::string>> settings(const Spec& spec);

}  // namespace castnet::codegen
