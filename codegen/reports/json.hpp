// The data of a report's page.
#pragma once

#include <string>
#include <vector>

#include "reports/groups.hpp"

namespace castnet::codegen {

/// The data as JSON that can stand in a script element. `left_out` gives the reasons why runs are
/// left out; `target` is an accuracy in percent.
std::string report_json(const std::vector<ReportGroup>& groups,
                        const std::vector<std::string>& left_out, double target);

}  // namespace castnet::codegen
