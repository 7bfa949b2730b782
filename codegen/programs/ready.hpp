// Finds the problems that a trainer would find at its start, before it is compiled.
#pragma once

#include <optional>
#include <string>

#include "programs/load.hpp"
#include "targets/target.hpp"

namespace castnet::codegen {

/// The reason why this machine cannot train a spec now, and what to do: its data set is not below
/// the data root, or there is too little memory for data set and network. Returns nothing if there
/// is no such reason. The data are looked for, but not read.
std::optional<std::string> why_not_ready(const Loaded& loaded, const Target& target,
                                         const std::optional<std::string>& data_root);

}  // namespace castnet::codegen
