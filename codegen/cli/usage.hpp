// Messages about wrong usage.
#pragma once

#include <CLI/CLI.hpp>

namespace castnet::codegen {

/// Prints to standard error what is wrong with the command line that `app` could not parse.
void tell_usage(const CLI::App& app, const CLI::ParseError& error);

}  // namespace castnet::codegen
