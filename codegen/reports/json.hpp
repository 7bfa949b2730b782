// The data of a report's page.
#pragma once

#include <string>
#include <vector>

#include "reports/groups.hpp"

namespace castnet::codegen {

/// As JSON that can stand in a script element. `left_out` says of runs why they are not here;
/// `target` is an accuracy in percent.
std::string report_json(const std::vector<ReportGroup>& groups,
                        const std::vector<std::string>& left_out, double target);

}  // namespace castnet::codegen
