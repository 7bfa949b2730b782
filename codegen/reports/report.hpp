// Makes the page of run directories.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace castnet::codegen {

/// Returns the page, one HTML file, for these run directories and folders of comparisons. Messages
/// on standard error name the runs that are left out. `target` is the accuracy in percent that
/// counts as reached; the default is the comparisons' own, or else kTargetAccuracy. Throws
/// ReportError and FileError.
std::string make_report(const std::vector<std::string>& folders,
                        const std::optional<double>& target);

}  // namespace castnet::codegen
