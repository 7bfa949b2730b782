// Measures the machine's arithmetic peak.
#pragma once

namespace castnet {

/// The peak of fused multiply-adds in float32, in GFLOP/s (two operations per multiply-add), in
/// registers, without memory, on all OpenMP threads. Takes about `seconds`.
double measure_fma_peak(double seconds);

}  // namespace castnet
