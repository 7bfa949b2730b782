#include "train/peak.hpp"

#include <chrono>

#include "kernels/cpu/vec.hpp"

namespace castnet {
namespace {

using cpu::Vec;

/// Independent chains: more than latency times multipliers, fewer than registers.
constexpr int kChains = 12;
constexpr int kRounds = 100000;
constexpr double kFlops = 2.0 * kRounds * kChains * cpu::kWidth<float>;

/// `kRounds` multiply-adds of each chain. The factor keeps the values finite.
[[gnu::noinline]] float multiply_add(float factor) {
  const Vec<float> scale = cpu::splat(factor), shift = cpu::splat(1 - factor);
  Vec<float> chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = cpu::splat(static_cast<float>(i));
  for (int round = 0; round < kRounds; ++round) {
    for (Vec<float>& value : chain) value = value * scale + shift;
  }
  Vec<float> total{};
  for (const Vec<float>& value : chain) total += value;
  return total[0];
}

}  // namespace

double measure_fma_peak(double seconds) {
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

}  // namespace castnet
