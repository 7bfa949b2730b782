// Spec and Plan → the text of generated source files.
#pragma once

#include <string>

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

/// The generated program for `target`. Same arguments, same bytes. Throws TemplateError.
std::string emit_program(const Spec& spec, const Plans& plans, const Origin& origin,
                         const Target& target, const Templates& templates);

}  // namespace castnet::codegen
