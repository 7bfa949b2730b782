// YAML text that must be right → specs.
#pragma once

#include <string>
#include <vector>

#include "../catch.hpp"
#include "spec/parse.hpp"

namespace castnet::codegen {

inline std::vector<Spec> parse(const std::string& text, const std::vector<std::string>& sets = {}) {
  const ParseResult result = parse_spec(text, "spec.yaml", sets);
  for (const Diagnostic& error : result.errors) UNSCOPED_INFO(format(error));
  REQUIRE(result.errors.empty());
  return result.specs;
}

}  // namespace castnet::codegen
