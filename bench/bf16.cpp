// Whether bfloat16 would pay: the products of Winograd's algorithm, castnet's kernel in float32 and
// the same by dot products of pairs of bfloat16 (AVX512-BF16), in turn. Prints microseconds of both
// and how many times as fast bfloat16 is.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "kernels/cpu/conv_winograd.hpp"

#ifdef __AVX512BF16__
#include <immintrin.h>

namespace {

using namespace castnet;

// A third of the output channels of C6 of specs/cifar10.yaml.
constexpr ConvShape kShape{.batch = 128,
                           .in_channels = 32,
                           .in_height = 16,
                           .in_width = 16,
                           .out_channels = 11,
                           .kernel = 3,
                           .padding = 1};
constexpr int kPadded = cpu::detail::winograd_padded(kShape);
using Strip = cpu::detail::WinogradStrip<kShape, float>;

/// One frequency: as winograd_channels, but a channel's place holds two channels' bfloat16.
__attribute__((noinline)) void bf16_channels(const float* weight, const float* in, float* out) {
  constexpr int kVectors = Strip::kVectors;
  __m512 sums[kShape.out_channels][kVectors] = {};
  for (int c = 0; c < kShape.in_channels; c += 2) {
    __m512 value[kVectors];
#pragma GCC unroll 2
    for (int p = 0; p < kVectors; ++p) {
      value[p] = cpu::load(in + p * 16);
      cpu::hold<float>(value[p]);
    }
#pragma GCC unroll 11
    for (int o = 0; o < kShape.out_channels; ++o) {
      const auto factor = reinterpret_cast<__m512bh>(_mm512_set1_ps(weight[o]));
#pragma GCC unroll 2
      for (int p = 0; p < kVectors; ++p) {
        sums[o][p] = _mm512_dpbf16_ps(sums[o][p], factor, reinterpret_cast<__m512bh>(value[p]));
      }
    }
    in += Strip::kChannelStride;
    weight += kPadded;
  }
#pragma GCC unroll 11
  for (int o = 0; o < kShape.out_channels; ++o) {
#pragma GCC unroll 2
    for (int p = 0; p < kVectors; ++p) {
      cpu::store(out + std::size_t(o) * Strip::kChannelStride + std::size_t(p) * 16, sums[o][p]);
    }
  }
}

/// Microseconds of a strip's frequencies.
template <class Channels>
double microseconds(const std::vector<float>& weight, const std::vector<float>& in,
                    std::vector<float>& out, const Channels& channels) {
  constexpr int kTimes = 1000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kTimes; ++i) {
    for (std::size_t f = 0; f < Strip::kFrequencies; ++f) {
      channels(weight.data() + f * Strip::kWeightStride, in.data() + f * Strip::kInStride,
               out.data() + f * Strip::kOutStride);
    }
  }
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
  return time.count() / kTimes;
}

}  // namespace

int main() {
  // Small numbers in either format.
  std::vector<float> weight(Strip::kFrequencies * Strip::kWeightStride, 1e-3F);
  std::vector<float> in(Strip::kFrequencies * Strip::kInStride, 1e-3F);
  std::vector<float> out(Strip::kFrequencies * Strip::kOutStride);
  double fp32 = 1e9, bf16 = 1e9;
  for (int i = 0; i < 50; ++i) {
    fp32 = std::min(
        fp32, microseconds(weight, in, out,
                           cpu::detail::winograd_channels<kShape, kShape.out_channels, float>));
    bf16 = std::min(bf16, microseconds(weight, in, out, bf16_channels));
  }
  std::printf("float32 %.2f us, bfloat16 %.2f us: %.2f times as fast\n", fp32, bf16, fp32 / bf16);
}
#else
int main() { std::puts("compiled for a processor without AVX512-BF16"); }
#endif
