// What the runs of a comparison are to be made of, as their trainers tell it.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "experiments/tasks.hpp"

namespace castnet::codegen {

/// Of each variant what its trainer's --identity says of data, target, number type and castnet;
/// trainers of the same data are asked once. An empty object where no run is there to be compared
/// with it; null where the trainer could not tell.
std::vector<nlohmann::json> ask_identities(const std::vector<Variant>& variants,
                                           const std::vector<Task>& tasks, const Folder& out,
                                           const CompareOptions& options);

}  // namespace castnet::codegen
