// From run directories to the page that shows them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace castnet::codegen {

/// The page, one HTML file, of these run directories and folders of comparisons; what is left out
/// is told on standard error. `target` is the accuracy in percent that counts as reached: where it
/// is not given, the comparisons' own, else kTargetAccuracy. Throws ReportError and FileError.
std::string make_report(const std::vector<std::string>& folders,
                        const std::optional<double>& target);

}  // namespace castnet::codegen
