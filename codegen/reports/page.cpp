#include "reports/page.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "toolchain/build_info.hpp"

namespace castnet::codegen {
namespace {

std::string html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string_view file(std::string_view name) {
  const auto text = embedded_page(name);
  if (!text) throw std::logic_error(fmt::format("no embedded file {}", name));
  return *text;
}

/// The text that replaces {{NAME}} in the page.
std::string value_of(std::string_view name, std::string_view json) {
  if (name == "data") return std::string(json);
  if (name == "version") return kVersion;
  if (name == "dygraphs.licence") return html(file(name));
  return std::string(file(name));
}

}  // namespace

std::string report_page(std::string_view json) {
  constexpr std::string_view kBegin = "{{";
  constexpr std::string_view kEnd = "}}";
  std::string_view rest = file("page.html");
  std::string page;
  for (std::size_t at = 0; (at = rest.find(kBegin)) != std::string_view::npos;) {
    const std::size_t end = rest.find(kEnd, at);
    page += rest.substr(0, at);
    page += value_of(rest.substr(at + kBegin.size(), end - at - kBegin.size()), json);
    rest.remove_prefix(end + kEnd.size());
  }
  return page.append(rest);
}

}  // namespace castnet::codegen
