// The identity of a run, from run.json or from a trainer's --identity.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace castnet::codegen {

/// The differences between the run of `run_json` and the wanted one, such as "another spec, other
/// data"; empty if there are none. Keys that `wanted` lacks may have any value.
std::string what_differs(const nlohmann::json& run_json, const nlohmann::json& wanted);

/// The values that were set over the spec, from run.json's `generate`: `PATH --set KEY=VALUE …`.
std::vector<std::string> sets_of(const std::string& command);

/// A text that is equal for runs that differ only in name, variant, spec and seed.
std::string conditions_of(const nlohmann::json& run_json);

}  // namespace castnet::codegen
