// The machine's peak of fused multiply-adds in float32, in GFLOP/s.
//
//   fma_peak [SECONDS]
#include <cstdio>
#include <cstdlib>

#include "train/peak.hpp"

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.5;
  castnet::measure_fma_peak(seconds / 4);  // warm-up: clocks, threads
  std::printf("%.1f\n", castnet::measure_fma_peak(seconds));
}
