// parse_spec: the YAML text of a spec becomes typed, validated Specs, or a list of all its errors.
#pragma once

#include <string>
#include <vector>

#include "ir/spec.hpp"
#include "spec/form.hpp"

namespace castnet::codegen {

/// Either specs or errors, never both.
struct ParseResult {
  std::vector<Spec> specs;  ///< the spec itself, then one a variant, named NAME and NAME_VARIANT
  std::vector<Diagnostic> errors;  ///< by line and column; those of variants name them
};

/// Reads a spec's text. `file_name` only names it in messages. Each of `sets` is `key.path=value`,
/// put over the spec and over every variant in turn; `variants.NAME.key.path=value` goes over that
/// variant alone. Throws nothing but std::bad_alloc, whatever the text holds. Shapes, class counts
/// and budgets are checked later, where shapes are known.
ParseResult parse_spec(const std::string& text, const std::string& file_name,
                       const std::vector<std::string>& sets = {});

/// What a spec may hold, by the tables that parse_spec() reads by.
Form spec_form();

/// `file:line:column: error: message`; without line and column where there are none.
std::string format(const Diagnostic& diagnostic);

}  // namespace castnet::codegen
