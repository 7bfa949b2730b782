// The files of templates/, embedded by the build.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace castnet::codegen {

/// The text of a template by its path below templates/, e.g. "cpu/conv.cpp".
std::optional<std::string_view> embedded_template(std::string_view path);

}  // namespace castnet::codegen
