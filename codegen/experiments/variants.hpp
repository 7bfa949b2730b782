// A spec's variants by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/load.hpp"

namespace castnet::codegen {

/// As load(), of one file alone.
std::optional<std::vector<Loaded>> load_one(const std::string& file, const Common& common);

/// The name of the spec that a variant is of: NAME of NAME_VARIANT.
std::string base_name(const Spec& spec);
std::string base_name(const std::string& name, const std::string& variant);

/// The norm of the spec's layers: that of the first that has one.
std::string_view norm_word(const Spec& spec);

/// Whether the spec itself, and no variant of it, is meant: it is called `base`, or by its norm.
bool is_base(const Spec& spec, std::string_view name);

/// Of one file's specs the variant of that name, else the spec itself, which is called `base` or by
/// its norm (or by nothing). Prints an error and returns null where there is none.
const Loaded* find_variant(const std::vector<Loaded>& all, std::string_view name);

}  // namespace castnet::codegen
