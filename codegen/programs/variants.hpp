// What a spec's variants are called.
#pragma once

#include <string>

#include "ir/spec.hpp"

namespace castnet::codegen {

/// The name of the spec that a variant is of: NAME of NAME_VARIANT.
std::string base_name(const Spec& spec);
std::string base_name(const std::string& name, const std::string& variant);

}  // namespace castnet::codegen
