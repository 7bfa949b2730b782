// Measures the time of each part of a training step.
#pragma once

#include <string>
#include <vector>

#include "core/program.hpp"
#include "data/data_set.hpp"

namespace castnet {

/// One part of a step, for a batch. Times are medians.
struct ProfileRow {
  std::string name;  ///< the layer's, or "data", "waiting" (for other threads), "update"
  double forward_seconds = 0, backward_seconds = 0;
  /// Floating-point operations: two per multiply-add of convolutions and fully connected layers.
  double forward_flops = 0, backward_flops = 0;
  /// Bytes read and written; each operation accesses each of its buffers once.
  double forward_bytes = 0, backward_bytes = 0;
};

struct Profile {
  int batch = 0;
  int steps = 0;                 ///< number of measured steps
  double peak_flops = 0;         ///< per second, by measure_fma_peak
  std::vector<ProfileRow> rows;  ///< "data", layers in forward's order, "waiting", "update"
};

/// Trains `steps` steps after a warm-up, on batches in the order of the data set. Weights and
/// running statistics change. Throws std::runtime_error for a program that computes elsewhere than
/// on the host, where operations end after their calls return.
Profile measure_profile(Program& program, const Split& split, int steps);

/// The profile as a table with totals: milliseconds, GFLOP/s, GB/s, share of the step, fraction of
/// the peak. The last line names the layer that takes longest.
std::string to_text(const Profile& profile);

}  // namespace castnet
