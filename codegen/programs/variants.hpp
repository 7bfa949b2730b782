// The names of a spec's variants.
#pragma once

#include <string>

#include "ir/spec.hpp"

namespace castnet::codegen {

/// The name of a variant's spec: NAME of NAME_VARIANT.
std::string base_name(const Spec& spec);
std::string base_name(const std::string& name, const std::string& variant);

}  // namespace castnet::codegen
