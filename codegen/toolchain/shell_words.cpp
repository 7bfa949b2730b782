#include "toolchain/shell_words.hpp"

namespace castnet::codegen {

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/%@";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + '\'';
}

std::vector<std::string> shell_words(std::string_view command) {
  std::vector<std::string> words;
  bool inside = false;  // a word
  bool quoted = false;
  for (std::size_t i = 0; i < command.size(); ++i) {
    if (command[i] == ' ' && !quoted) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (command[i] == '\'') {
      quoted = !quoted;
    } else {
      const bool escaped = command[i] == '\\' && !quoted && i + 1 < command.size();
      words.back() += command[escaped ? ++i : i];
    }
  }
  return words;
}

}  // namespace castnet::codegen
