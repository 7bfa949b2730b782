// The JSON Schema of specs, for editors.
#pragma once

#include <string>

namespace castnet::codegen {

/// A JSON Schema (draft 2020-12) of the specs that parse_spec() reads, made from the same tables of
/// keys. It describes single values; only parse_spec() checks rules between values.
std::string schema_text();

}  // namespace castnet::codegen
