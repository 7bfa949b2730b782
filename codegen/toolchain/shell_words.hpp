// Command lines of a shell, as in the head of a generated source and in run.json.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace castnet::codegen {

/// The text as one word of a shell, in single quotes if the shell would otherwise change it.
std::string shell_word(const std::string& text);

/// The words of a command that consists of such words.
std::vector<std::string> shell_words(std::string_view command);

}  // namespace castnet::codegen
