// castnet schema: the JSON Schema of specs.
#include "spec/schema.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "castnet_shared/exit_status.hpp"
#include "cli/commands.hpp"

namespace castnet::codegen {
namespace {

int schema() {
  fmt::print("{}", schema_text());
  return kFine;
}

}  // namespace

void add_schema(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("schema", "print a JSON Schema of specs, for editors");
  command->callback([&chosen] { chosen = schema; });
}

}  // namespace castnet::codegen
