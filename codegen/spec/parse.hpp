// parse_spec: the YAML text of a spec becomes typed, validated Specs, or a list of all its errors.
#pragma once

#include <string>
#include <vector>

#include "ir/spec.hpp"
#include "spec/form.hpp"

namespace castnet::codegen {

/// Either specs or errors, never both.
struct ParseResult {
  std::vector<Spec> specs;  ///< the spec itself (NAME), then one for each variant (NAME_VARIANT)
  std::vector<Diagnostic> errors;  ///< sorted by line and column; errors of variants name them
};

/// Reads a spec's text. `file_name` only names it in messages. Each of `sets` is `key.path=value`.
/// It is applied to the spec and to every variant in turn; `variants.NAME.key.path=value` is
/// applied to that variant alone. Throws nothing but std::bad_alloc, whatever the text contains.
/// Shapes, class counts and budgets are checked later, when shapes are known.
ParseResult parse_spec(const std::string& text, const std::string& file_name,
                       const std::vector<std::string>& sets = {});

/// The form of a spec, from the tables that parse_spec() uses.
Form spec_form();

/// `file:line:column: error: message`; without line and column if there are none.
std::string format(const Diagnostic& diagnostic);

}  // namespace castnet::codegen
