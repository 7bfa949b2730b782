#include "emit/render.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "emit/embedded.hpp"

namespace castnet::codegen {
namespace {

constexpr std::string_view kMarker = "// -- ";

struct Line {
  std::string_view text;
  int number = 0;
};

/// Fills in one template line; `origin` is for the error message.
class LineRenderer {
 public:
  LineRenderer(const Values& values, const std::string& origin)
      : values_(values), origin_(origin) {}

  std::string operator()(const Line& line) const {
    if (const auto name = lone_hole(line.text)) {
      const std::size_t indentation = line.text.find('$');
      return indented(value(*name, line.number), indentation);
    }
    return inline_holes(line) + '\n';
  }

 private:
  static std::optional<std::string> lone_hole(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos || text[begin] != '$' || text.back() != '$') return {};
    const std::string_view name = text.substr(begin + 1, text.size() - begin - 2);
    if (name.empty() || name.find('$') != std::string_view::npos) return {};
    return std::string(name);
  }

  static std::string indented(const std::string& block, std::size_t indentation) {
    std::string out;
    std::istringstream lines(block);
    for (std::string line; std::getline(lines, line);) {
      out += line.empty() ? "\n" : std::string(indentation, ' ') + line + '\n';
    }
    return out;
  }

  std::string inline_holes(const Line& line) const {
    std::string out;
    std::string_view rest = line.text;
    for (std::size_t dollar; (dollar = rest.find('$')) != std::string_view::npos;) {
      const std::size_t end = rest.find('$', dollar + 1);
      if (end == std::string_view::npos) {
        throw TemplateError(fmt::format("{}:{}: a '$' without its partner", origin_, line.number));
      }
      out += rest.substr(0, dollar);
      out += value(std::string(rest.substr(dollar + 1, end - dollar - 1)), line.number);
      rest.remove_prefix(end + 1);
    }
    return out.append(rest);
  }

  const std::string& value(const std::string& name, int line) const {
    const auto found = values_.find(name);
    if (found == values_.end()) {
      throw TemplateError(fmt::format("{}:{}: no value for '${}$'", origin_, line, name));
    }
    return found->second;
  }

  const Values& values_;
  const std::string& origin_;
};

/// A section of a template's text; nothing if it has no such section.
std::optional<std::string> filled(const std::string& text, const std::string& origin,
                                  std::string_view section, const Values& values) {
  const LineRenderer render_line(values, origin);
  std::istringstream lines(text);
  std::string out;
  bool inside = false;
  bool found = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with(kMarker)) {
      inside = line.substr(kMarker.size()) == section;
      found = found || inside;
    } else if (inside) {
      out += render_line({line, number});
    }
  }
  if (!found) return {};
  return out;
}

std::string path_of(std::string_view folder, std::string_view file) {
  return fmt::format("{}/{}.cpp", folder, file);
}

}  // namespace

std::string Templates::read(const std::string& path) const {
  if (!directory_) {
    const auto text = embedded_template(path);
    if (!text) throw TemplateError("no template " + path);
    return std::string(*text);
  }
  std::ifstream file(*directory_ / path, std::ios::binary);
  if (!file) throw TemplateError("cannot read template " + (*directory_ / path).string());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Templates::origin(const std::string& path) const {
  return (directory_ ? *directory_ / path : "templates" / std::filesystem::path(path)).string();
}

std::optional<std::string> Templates::find(std::string_view folder,
                                           const std::vector<std::string>& files,
                                           std::string_view section, const Values& values) const {
  for (const std::string& file : files) {
    const std::string path = path_of(folder, file);
    if (auto text = filled(read(path), origin(path), section, values)) return text;
  }
  return {};
}

std::string Templates::render(std::string_view folder, const std::string& file,
                              std::string_view section, const Values& values) const {
  return render_first(folder, {file}, section, values);
}

std::string Templates::render_first(std::string_view folder, const std::vector<std::string>& files,
                                    std::string_view section, const Values& values) const {
  if (auto text = find(folder, files, section, values)) return *std::move(text);
  throw TemplateError(
      fmt::format("{}: no section '{}'", origin(path_of(folder, files.front())), section));
}

std::string Templates::render_if_there(std::string_view folder,
                                       const std::vector<std::string>& files,
                                       std::string_view section, const Values& values) const {
  return find(folder, files, section, values).value_or("");
}

}  // namespace castnet::codegen
