// Specs for tests: YAML text → Spec, Plan.
#pragma once

#include <string>

#include "../catch.hpp"
#include "layers/summary.hpp"
#include "passes/passes.hpp"
#include "spec/parse.hpp"

namespace castnet::codegen {

inline Spec spec_of(const std::string& text, const std::string& variant = "") {
  const ParseResult parsed = parse_spec(text, "test.yaml");
  for (const Diagnostic& error : parsed.errors) UNSCOPED_INFO(format(error));
  REQUIRE(parsed.errors.empty());
  for (const Spec& spec : parsed.specs) {
    if (spec.variant == variant) return spec;
  }
  FAIL("no variant " << variant);
  return {};
}

/// Operation by operation, as passes but split_by_block leave it.
inline Plan plan_of(const std::string& text, Order order = Order::operations) {
  const Compiled compiled = compile(spec_of(text), order);
  for (const Diagnostic& error : compiled.errors) UNSCOPED_INFO(format(error));
  REQUIRE(compiled.errors.empty());
  return compiled.plan;
}

/// The only error that compiling the text gives.
inline std::string error_of(const std::string& text) {
  const Compiled compiled = compile(spec_of(text));
  REQUIRE(compiled.errors.size() == 1);
  return format(compiled.errors.front());
}

}  // namespace castnet::codegen
