// What each image's output is compared with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/program.hpp"

namespace castnet {

/// The target of one slot: its label, with `smoothing` of it spread evenly over all classes
/// (C. Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016).
inline void set_target(Program& program, std::size_t slot, std::int32_t label,
                       double smoothing = 0) {
  const auto classes = static_cast<std::size_t>(program.info().classes);
  const auto row = program.targets().subspan(slot * classes, classes);
  const double share = smoothing / static_cast<double>(classes);
  std::ranges::fill(row, static_cast<Real>(share));
  row[static_cast<std::size_t>(label)] = static_cast<Real>(share + (1 - smoothing));
}

}  // namespace castnet
