// Reading specs for the subcommands: parse, compile, and print what is wrong.
#pragma once

#include <optional>
#include <vector>

#include "cli/commands.hpp"
#include "emit/program.hpp"
#include "targets/target.hpp"

namespace castnet::codegen {

struct Loaded {
  std::string file;    ///< as messages call it: as given on the command line, or <stdin>
  std::string text;    ///< what stood in it: a pipe can be read only once
  std::string sha256;  ///< of the file and what was set over it
  Spec spec;
  Plans plans;  ///< of the first target, cpu
};

/// The plans of another target.
Plans plans_for(const Target& target, const Loaded& loaded);

/// The specs of all files, each followed by its variants (or only `common.variant`). Prints every
/// error to standard error and returns nothing if there was any.
std::optional<std::vector<Loaded>> load(const Common& common);

/// As load() of one file, with this text: `file` only names it. Variants of one text go on by this.
std::optional<std::vector<Loaded>> load_text(const std::string& text, const std::string& file,
                                             const Common& common);

/// Path and command for the head of a generated source that will lie below `output`.
Origin origin_of(const Loaded& loaded, const Common& common, const std::string& output);

}  // namespace castnet::codegen
