#include "emit/lines.hpp"

#include <sstream>
#include <string_view>

namespace castnet::codegen {
namespace {

/// Calls visit(line) for each line, without its end.
template <class Visit>
void each_line(const std::string& text, Visit visit) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) visit(line);
}

/// How much of a line that is too long stays on it; nothing where it cannot be broken.
std::size_t cut_of(const std::string& line, std::size_t width, const std::string& prefix) {
  for (const std::string_view sign : {" = ", " <= "}) {
    const std::size_t found = line.find(sign);
    if (found != std::string::npos) return found + sign.size() - 1;
  }
  const std::size_t open = line.find(">(");
  if (open != std::string::npos) return open + 2;
  const std::size_t comma = line.rfind(", ", width - 1);
  return comma == std::string::npos || comma < prefix.size() ? 0 : comma + 1;
}

}  // namespace

std::string folded(const std::string& text, const std::string& prefix, std::size_t indentation) {
  const std::size_t width = kColumns - indentation;
  std::string out;
  each_line(text, [&](std::string line) {
    while (line.size() > width) {
      const std::size_t cut = cut_of(line, width, prefix);
      if (cut == 0) break;
      out += line.substr(0, cut) + '\n';
      line = prefix + line.substr(line.find_first_not_of(' ', cut));
    }
    out += line + '\n';
  });
  return out;
}

std::string indented(const std::string& text) {
  std::string out;
  each_line(text,
            [&](const std::string& line) { out += (line.empty() ? "" : "  " + line) + '\n'; });
  return out;
}

std::string commented(const std::string& text) {
  std::string out;
  each_line(text,
            [&](const std::string& line) { out += (line.empty() ? "//" : "// " + line) + '\n'; });
  return out;
}

std::string without_newline(std::string text) {
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

void add_new_lines(std::string& text, const std::string& more) {
  each_line(more, [&](const std::string& line) {
    if (text.find(line + '\n') == std::string::npos) text += line + '\n';
  });
}

void add_lines(std::set<std::string>& all, const std::string& text) {
  each_line(text, [&](const std::string& line) { all.insert(line + '\n'); });
}

}  // namespace castnet::codegen
