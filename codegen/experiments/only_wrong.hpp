// Images that one variant alone gets wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/outcome.hpp"

namespace castnet::codegen {

/// Writes only_LABEL.csv and only_LABEL.png for each variant that has a finished run, by its
/// first seed's predictions, and fills in `outcome.only_wrong`. Nothing where fewer than two have
/// one, or they have other test images. The variant's trainer draws the picture, unless it is
/// there and the list has not changed. False if a picture could not be drawn; that was said.
bool show_only_wrong(CompareOutcome& outcome, const CompareOptions& options);

}  // namespace castnet::codegen
