// Specs for tests: YAML text → Spec, Plan.
#pragma once

#include <string>

#include "../catch.hpp"
#include "analysis/summary.hpp"
#include "passes/passes.hpp"
#include "spec/parse.hpp"
#include "targets/target.hpp"

namespace castnet::codegen {

/// What a spec begins with.
inline const std::string kHead = "name: n\ndata: cifar10\n";

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

/// The plan of a target; cuda's has the operations one by one, over the whole batch.
inline Plan plan_of(const std::string& text, std::string_view target = "cuda") {
  const Compiled compiled = compile(spec_of(text), target_named(target));
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
