// The lines of generated source.
#pragma once

#include <cstddef>
#include <set>
#include <string>

namespace castnet::codegen {

/// Columns of generated source.
inline constexpr std::size_t kColumns = 100;

/// Lines broken behind a " =", a " <=", a "(" or a ", " where they would be too long at their
/// indentation; what follows begins with `prefix`.
std::string folded(const std::string& text, const std::string& prefix, std::size_t indentation = 4);

/// Two columns further in.
std::string indented(const std::string& text);

/// Each line as a comment.
std::string commented(const std::string& text);

std::string without_newline(std::string text);

/// Adds the lines that the text has not yet.
void add_new_lines(std::string& text, const std::string& more);
void add_lines(std::set<std::string>& all, const std::string& text);

}  // namespace castnet::codegen
