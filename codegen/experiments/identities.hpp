// The identities that the runs of a comparison must have, as their trainers print them.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "experiments/tasks.hpp"

namespace castnet::codegen {

/// For each variant, the output of its trainer's --identity: data, target, number type and castnet.
/// Only one of several trainers with the same data is asked. The value is an empty object if no run
/// is there to compare with, and null if the trainer failed.
std::vector<nlohmann::json> ask_identities(const std::vector<Variant>& variants,
                                           const std::vector<Task>& tasks, const Folder& out,
                                           const CompareOptions& options);

}  // namespace castnet::codegen
