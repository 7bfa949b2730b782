// What the machine can do at most.
#pragma once

namespace castnet {

/// The peak of fused multiply-adds in float32, in GFLOP/s (two operations a multiply-add): as many
/// as the registers take, without memory, on as many threads as OpenMP has. Takes about `seconds`.
double measure_fma_peak(double seconds);

}  // namespace castnet
