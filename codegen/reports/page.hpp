// The page of a report: the files of reports/web/ and the charting library in one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace castnet::codegen {

/// An embedded text by the name of its file.
std::optional<std::string_view> embedded_page(std::string_view file);

/// The HTML, which refers to no other file. `json` is the result of report_json().
std::string report_page(std::string_view json);

}  // namespace castnet::codegen
