// Reads specs for the subcommands: parses, compiles, and prints errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emit/program.hpp"
#include "targets/target.hpp"

namespace castnet::codegen {

/// The options of specs on a command line.
struct SpecOptions {
  std::vector<std::string> files;
  std::vector<std::string> sets;         ///< key=value
  std::optional<std::string> variant;    ///< takes this variant alone; never ""
  std::optional<std::string> templates;  ///< folder of templates instead of the embedded ones
};

struct Loaded {
  std::string file;    ///< its name in messages: that on the command line, or <stdin>
  std::string text;    ///< its contents; a pipe can be read only once
  std::string sha256;  ///< hash of the file and of the values set over it
  Spec spec;
  Plans plans;  ///< plans of the first target, cpu
};

/// The plans of another target.
Plans plans_for(const Target& target, const Loaded& loaded);

/// The specs of all files, each followed by its variants (or only `options.variant`). Prints every
/// error to standard error and returns nothing if there was any.
std::optional<std::vector<Loaded>> load(const SpecOptions& options);

/// Loads one file alone, as load() does.
std::optional<std::vector<Loaded>> load_one(const std::string& file, const SpecOptions& options);

/// Loads one file as load() does, with this text: `file` only names it. Further variants of one
/// text are loaded in this way.
std::optional<std::vector<Loaded>> load_text(const std::string& text, const std::string& file,
                                             const SpecOptions& options);

/// Finds the variant of that name among one file's specs. `base`, the name of the spec's norm, and
/// no name stand for the spec itself. Prints an error and returns null if there is none.
const Loaded* find_variant(const std::vector<Loaded>& all, std::string_view name);

/// The path and command for the head of a generated source below `output`.
Origin origin_of(const Loaded& loaded, const SpecOptions& options, const std::string& output);

}  // namespace castnet::codegen
