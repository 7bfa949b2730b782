// The tables of fields in docs/spec.md, made from the tables by which specs are read.
#pragma once

#include <string>
#include <vector>

namespace castnet::codegen {

struct FieldTable {
  std::string title;  ///< title of its section
  std::string text;   ///< Markdown
};

std::vector<FieldTable> field_tables();

/// The lines around a table in docs/spec.md.
std::string begin_of(const FieldTable& table);
inline constexpr char kEndOfTable[] = "<!-- end -->\n";

}  // namespace castnet::codegen
