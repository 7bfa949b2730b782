// What a trainer would find out at its start, before it is compiled.
#pragma once

#include <optional>
#include <string>

#include "programs/load.hpp"
#include "targets/target.hpp"

namespace castnet::codegen {

/// Why this machine cannot train a spec now: its data set is not below the data root, or there is
/// too little memory for both; and what to do. Nothing if it can, as far as can be told: data are
/// looked for, not read.
std::optional<std::string> why_not_ready(const Loaded& loaded, const Target& target,
                                         const std::optional<std::string>& data_root);

}  // namespace castnet::codegen
