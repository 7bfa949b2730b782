// Reading specs for the subcommands: parse, compile, and print what is wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emit/program.hpp"
#include "targets/target.hpp"

namespace castnet::codegen {

/// What a command line says of specs.
struct SpecOptions {
  std::vector<std::string> files;
  std::vector<std::string> sets;         ///< key=value
  std::optional<std::string> variant;    ///< only this one; "" never given
  std::optional<std::string> templates;  ///< folder instead of the embedded ones
};

struct Loaded {
  std::string file;    ///< as messages call it: as given on the command line, or <stdin>
  std::string text;    ///< what stood in it: a pipe can be read only once
  std::string sha256;  ///< of the file and what was set over it
  Spec spec;
  Plans plans;  ///< of the first target, cpu
};

/// The plans of another target.
Plans plans_for(const Target& target, const Loaded& loaded);

/// The specs of all files, each followed by its variants (or only `options.variant`). Prints every
/// error to standard error and returns nothing if there was any.
std::optional<std::vector<Loaded>> load(const SpecOptions& options);

/// As load(), of one file alone.
std::optional<std::vector<Loaded>> load_one(const std::string& file, const SpecOptions& options);

/// As load() of one file, with this text: `file` only names it. Variants of one text go on by this.
std::optional<std::vector<Loaded>> load_text(const std::string& text, const std::string& file,
                                             const SpecOptions& options);

/// Of one file's specs the variant of that name, else the spec itself, which is called `base` or by
/// its norm (or by nothing). Prints an error and returns null where there is none.
const Loaded* find_variant(const std::vector<Loaded>& all, std::string_view name);

/// Path and command for the head of a generated source that will lie below `output`.
Origin origin_of(const Loaded& loaded, const SpecOptions& options, const std::string& output);

}  // namespace castnet::codegen
