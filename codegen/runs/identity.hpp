// What makes a run what it is, as run.json and a trainer's --identity tell it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace castnet::codegen {

/// What the run of `run_json` has other than the wanted one, such as "another spec, other data";
/// empty where it has nothing other. What `wanted` does not tell may be anything.
std::string what_differs(const nlohmann::json& run_json, const nlohmann::json& wanted);

/// The values that were set over the spec, out of run.json's `generate`: `PATH --set KEY=VALUE …`.
std::vector<std::string> sets_of(const std::string& command);

/// Equal for runs that differ in nothing but name, variant, spec and seed.
std::string conditions_of(const nlohmann::json& run_json);

}  // namespace castnet::codegen
