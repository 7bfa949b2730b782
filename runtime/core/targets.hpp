// What each image's output is compared with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/host_device.hpp"
#include "core/program.hpp"

namespace castnet {

/// The two values in a target: of the label, and of each other class.
struct TargetShares {
  Real label, other;
};

/// The label's target with `smoothing` of it spread evenly over all classes (C. Szegedy et al.,
/// "Rethinking the Inception architecture for computer vision", CVPR 2016).
CASTNET_HOST_DEVICE constexpr TargetShares target_shares(int classes, double smoothing) {
  const double share = smoothing / static_cast<double>(classes);
  return {.label = static_cast<Real>(share + (1 - smoothing)), .other = static_cast<Real>(share)};
}

/// The target of one slot.
inline void set_target(Program& program, std::size_t slot, std::int32_t label,
                       double smoothing = 0) {
  const auto classes = static_cast<std::size_t>(program.info().classes);
  const auto row = program.targets().subspan(slot * classes, classes);
  const TargetShares shares = target_shares(program.info().classes, smoothing);
  std::ranges::fill(row, shares.other);
  row[static_cast<std::size_t>(label)] = shares.label;
}

}  // namespace castnet
