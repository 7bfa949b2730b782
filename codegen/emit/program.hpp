// Spec and Plan → the text of generated source files.
#pragma once

#include <string>
#include <vector>

#include "emit/render.hpp"
#include "ir/plan.hpp"
#include "targets/target.hpp"

namespace castnet::codegen {

/// Where a spec came from, as its generated source tells.
struct Origin {
  std::string path;     ///< relative, with '/'; never absolute
  std::string command;  ///< what follows `castnet generate` to make it again
  std::string sha256;   ///< of the spec file's bytes and what was set over them, in hex
};

/// The text in a comment of one line: a space for each line break and other control character.
std::string one_line(std::string text);

/// A generated file: its name decides its language.
struct SourceFile {
  std::string name;
  std::string text;
};

/// The generated files for `target`: the program, then its memory map. Same arguments, same bytes.
/// Throws TemplateError.
std::vector<SourceFile> emit_program(const Spec& spec, const Plans& plans, const Origin& origin,
                                     const Target& target, const Templates& templates);

}  // namespace castnet::codegen
