// The machine's peak of fused multiply-adds: as many as its registers take, on every core, without
// memory. Prints GFLOP/s in float32, two operations a multiply-add.
//
//   fma_peak [SECONDS]
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "kernels/cpu/vec.hpp"

namespace {

using castnet::cpu::Vec;

/// Independent chains: more than latency times multipliers, fewer than registers.
constexpr int kChains = 12;
constexpr int kRounds = 100000;
constexpr double kFlops = 2.0 * kRounds * kChains * castnet::cpu::kWidth<float>;

/// `kRounds` multiply-adds of each chain. The factor keeps the values finite.
[[gnu::noinline]] float multiply_add(float factor) {
  const Vec<float> scale = castnet::cpu::splat(factor), shift = castnet::cpu::splat(1 - factor);
  Vec<float> chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = castnet::cpu::splat(static_cast<float>(i));
  for (int round = 0; round < kRounds; ++round) {
    for (Vec<float>& value : chain) value = value * scale + shift;
  }
  Vec<float> total{};
  for (const Vec<float>& value : chain) total += value;
  return total[0];
}

/// GFLOP/s over all cores for about `seconds`.
double measure(double seconds) {
  using Clock = std::chrono::steady_clock;
  long calls = 0;
  float kept = 0;  // uses the results, so that the work is not left out
  const auto start = Clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
#pragma omp parallel reduction(+ : calls, kept)
  while (elapsed() < seconds) {
    kept += multiply_add(0.999F);
    ++calls;
  }
  const double rate = static_cast<double>(calls) * kFlops / elapsed() * 1e-9;
  return kept > 0 ? rate : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.5;
  measure(seconds / 4);  // warm-up: clocks, threads
  std::printf("%.1f\n", measure(seconds));
}
