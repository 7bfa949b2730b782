// Command lines of a shell: what the head of a generated source and run.json tell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace castnet::codegen {

/// The text as one word: between single quotes where a shell would take it for anything else.
std::string shell_word(const std::string& text);

/// The words of a command that is made of such words.
std::vector<std::string> shell_words(std::string_view command);

}  // namespace castnet::codegen
