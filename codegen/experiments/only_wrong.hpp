// Images that only one variant misclassifies.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/outcome.hpp"

namespace castnet::codegen {

/// Writes only_LABEL.csv and only_LABEL.png for each variant that has a finished run, from the
/// predictions of its first seed, and fills in `outcome.only_wrong`. Does nothing if fewer than two
/// variants have one, or if their test images differ. The variant's trainer draws the picture,
/// unless it exists and the list has not changed. Returns false, after a message, if a picture
/// could not be drawn.
bool show_only_wrong(CompareOutcome& outcome, const CompareOptions& options);

}  // namespace castnet::codegen
