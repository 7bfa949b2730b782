// The data set, budget and recipe of a spec as keys and words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ir/spec.hpp"

namespace castnet::codegen {

/// Keys as `--set` takes them, and values as people read them; only what the spec's optimiser and
/// schedule have, and of the augmentation what is on. In the order of docs/spec.md.
std::vector<std::pair<std::string, std::string>> settings(const Spec& spec);

}  // namespace castnet::codegen
