// The JSON Schema of specs, for editors.
#pragma once

#include <string>

namespace castnet::codegen {

/// A JSON Schema (draft 2020-12) of what parse_spec() reads, made from the same tables of keys.
/// It says what stands in one place; what must hold between places only parse_spec() knows.
std::string schema_text();

}  // namespace castnet::codegen
