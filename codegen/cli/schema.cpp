#include "spec/schema.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"

namespace castnet::codegen {

int schema() {
  fmt::print("{}", schema_text());
  return kFine;
}

}  // namespace castnet::codegen
