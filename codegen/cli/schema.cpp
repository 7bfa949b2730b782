// castnet schema: the JSON Schema of specs, or the tables of docs/spec.md.
#include "spec/schema.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "castnet_shared/exit_status.hpp"
#include "cli/commands.hpp"
#include "spec/tables.hpp"

namespace castnet::codegen {
namespace {

int schema(bool tables) {
  if (!tables) {
    fmt::print("{}", schema_text());
    return kFine;
  }
  std::string text;
  for (const FieldTable& table : field_tables()) {
    text += fmt::format("{}## {}\n\n{}", text.empty() ? "" : "\n", table.title, table.text);
  }
  fmt::print("{}", text);
  return kFine;
}

}  // namespace

void add_schema(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("schema", "print a JSON Schema of specs, for editors");
  auto tables = std::make_shared<bool>(false);
  command->add_flag("--tables", *tables, "print the tables of fields of docs/spec.md instead");
  command->callback([&chosen, tables] { chosen = [tables] { return schema(*tables); }; });
}

}  // namespace castnet::codegen
