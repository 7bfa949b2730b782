// What a spec's variants are called.
#pragma once

#include <string>
#include <string_view>

#include "ir/spec.hpp"

namespace castnet::codegen {

/// The name of the spec that a variant is of: NAME of NAME_VARIANT.
std::string base_name(const Spec& spec);
std::string base_name(const std::string& name, const std::string& variant);

/// The norm of the spec's layers: that of the first that has one.
std::string_view norm_word(const Spec& spec);

/// Whether the spec itself, and no variant of it, is meant: it is called `base`, or by its norm.
bool is_base(const Spec& spec, std::string_view name);

}  // namespace castnet::codegen
