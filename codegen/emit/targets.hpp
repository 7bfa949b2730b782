// The targets that source is emitted for. What else differs between them stands in their templates.
#pragma once

#include <span>
#include <string_view>

#include "ir/plan.hpp"

namespace castnet::codegen {

struct Target {
  std::string_view name;        ///< of its folder below templates/, and on the command line
  std::string_view file;        ///< the generated source
  std::string_view name_space;  ///< of make_NAME()
  Order order;                  ///< in which its programs compute
};

/// All, the one that runs everywhere first.
std::span<const Target> targets();

/// Throws std::invalid_argument where there is none of that name.
const Target& target_named(std::string_view name);

}  // namespace castnet::codegen
