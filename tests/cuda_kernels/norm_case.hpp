// One norm on the CPU and on the device, with a dropout behind it or none.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "../kernels/batch.hpp"
#include "kernels/cuda/norm_dropout.hpp"
#include "support.hpp"

namespace castnet::test {

struct NormResult {
  std::vector<float> y, saved, running, evaluated, evaluated_running;
  std::vector<float> dx, d_weight, d_bias;
};

/// D: the dropout's shape, which the device takes with the norm's, or NoDropout.
template <class S, class T, class D>
class NormCase {
 public:
  /// Both sides run; numbers of type T on the device.
  NormCase() {
    for (std::size_t i = kShape.channels; i < running_.size(); ++i) {
      running_[i] = std::abs(running_[i]) + 0.5F;
    }
    // About 3 +- 0.6: squares must be taken about the mean.
    for (float& value : x_) value = float(T(value + 3));
  }

  NormResult on_cpu() const {
    NormResult r;
    const std::vector<float> x = to_cpu(x_, kExtent);
    std::vector<float> dy = to_cpu(dy_, kExtent);
    std::vector<float> y(x.size()), saved(kShape.saved());
    r.running = r.evaluated_running = running_;
    const auto forward = [&](Mode mode, std::vector<float>& running) {
      batch::norm_forward<kShape, float>(mode, x.data(), weight_.data(), bias_.data(), saved.data(),
                                         running.data(), y.data());
      if constexpr (kDropout) {
        batch::dropout_forward<D::value>(mode, kSeed, kEpoch, samples_.data(), y.data(), y.data());
      }
      return from_cpu(y, kExtent);
    };
    r.evaluated = forward(Mode::evaluate, r.evaluated_running);
    r.y = forward(Mode::train, r.running);
    r.saved = plain_saved(saved);
    r.dx.resize(x.size());
    r.d_weight.resize(kAffine);
    r.d_bias.resize(kAffine);
    if constexpr (kDropout) {
      batch::dropout_backward<D::value>(kSeed, kEpoch, samples_.data(), dy.data(), dy.data());
    }
    batch::norm_backward<kShape, float>(x.data(), dy.data(), weight_.data(), bias_.data(),
                                        saved.data(), r.dx.data(), r.d_weight.data(),
                                        r.d_bias.data());
    r.dx = from_cpu(r.dx, kExtent);
    return r;
  }

  /// Backward gets `saved` as the CPU has it: a last bit of the mean could move a value across
  /// ReLU's kink.
  NormResult on_device(const std::vector<float>& saved_by_cpu) const {
    NormResult r;
    Buffer<T> x(x_), y(x_.size());
    Buffer<float> weight(weight_), bias(bias_), saved(kShape.saved()), running(running_);
    Buffer<float> scratch(kShape.scratch()), d_weight(kAffine), d_bias(kAffine);
    Buffer<cuda::DeviceStep> step(std::vector<cuda::DeviceStep>{{.seed = kSeed, .epoch = kEpoch}});
    Buffer<std::uint32_t> samples(samples_);
    float* const variance = running_.empty() ? nullptr : running.data() + kShape.channels;
    const auto forward = [&](Mode mode) {
      if constexpr (kDropout) {
        cuda::norm_dropout_forward<S, D>(nullptr, mode, step.data(), samples.data(), x.data(),
                                         weight.data(), bias.data(), saved.data(), running.data(),
                                         variance, scratch.data(), y.data());
      } else {
        cuda::norm_forward<S>(nullptr, mode, x.data(), weight.data(), bias.data(), saved.data(),
                              running.data(), variance, scratch.data(), y.data());
      }
      return y.values();
    };
    r.evaluated = forward(Mode::evaluate);
    r.evaluated_running = running.values();
    r.y = forward(Mode::train);
    r.saved = saved.values();
    r.running = running.values();
    Buffer<float> kept(saved_by_cpu);
    Buffer<T> dx(dy_);  // dx may be dy
    if constexpr (kDropout) {
      cuda::norm_dropout_backward<S, D>(nullptr, step.data(), samples.data(), x.data(), dx.data(),
                                        weight.data(), bias.data(), kept.data(), scratch.data(),
                                        dx.data(), d_weight.data(), d_bias.data());
    } else {
      cuda::norm_backward<S>(nullptr, x.data(), dx.data(), weight.data(), bias.data(), kept.data(),
                             scratch.data(), dx.data(), d_weight.data(), d_bias.data());
    }
    scratch.values();  // nothing past its end
    r.dx = dx.values();
    r.d_weight = d_weight.values();
    r.d_bias = d_bias.values();
    return r;
  }

 private:
  static constexpr bool kDropout = !std::is_same_v<D, cuda::NoDropout>;
  static constexpr std::uint64_t kSeed = 0x123456789abcdef;
  static constexpr std::uint32_t kEpoch = 4;
  static constexpr NormShape kShape = S::value;
  static constexpr cpu::Extent kExtent{kShape.channels, kShape.height, kShape.width};
  static constexpr std::size_t kCount = cuda::elements(kShape);
  static constexpr std::size_t kAffine = kShape.affine_elements();

  /// Group statistics: [N / 16][groups][16] to [N][groups].
  static std::vector<float> plain_saved(const std::vector<float>& saved) {
    if (kShape.statistics == NormStatistics::batch) return saved;
    const cpu::Extent extent{kShape.groups, 1, 1};
    // Each block of images has its means, then what follows.
    std::vector<float> means, inverses;
    for (std::size_t i = 0; i < saved.size(); i += 2 * extent.block()) {
      const auto begin = saved.begin() + std::ptrdiff_t(i);
      const auto half = begin + std::ptrdiff_t(extent.block());
      means.insert(means.end(), begin, half);
      inverses.insert(inverses.end(), half, half + std::ptrdiff_t(extent.block()));
    }
    return join(from_cpu(means, extent), from_cpu(inverses, extent));
  }

  std::vector<std::uint32_t> samples_ = sample_indices(kShape.batch);
  std::vector<float> x_ = rounded<T>(random_values<float>(kCount, 1));
  std::vector<float> dy_ = rounded<T>(random_values<float>(kCount, 2));
  std::vector<float> weight_ = random_values<float>(kAffine, 3);
  std::vector<float> bias_ = random_values<float>(kAffine, 4);
  std::vector<float> running_ = random_values<float>(2 * std::size_t(kShape.channels), 5);
};

/// Which values are 0.
inline std::vector<bool> zeros(const std::vector<float>& values) {
  std::vector<bool> zeros;
  for (const float value : values) zeros.push_back(value == 0);
  return zeros;
}

/// The device's results are the CPU's. Where T is float both round sums of the same numbers
/// differently: 1e-5 of up to some 1e4 additions; the gradients of weight and bias add up a batch,
/// and are bounded by the square root of its size, where a sum of both signs may be small.
template <class S, class T = float, class D = cuda::NoDropout>
void check_norm(const char* name) {
  INFO(name);
  constexpr bool kFloat = std::is_same_v<T, float>;
  constexpr double kValue = kFloat ? 1e-5 : 0x1p-8;  // bfloat16 keeps 8 bits
  const double sum_bound =
      (kFloat ? 3e-5 : 1e-4) +  // kept as float
      1e-6 * std::sqrt(double(S::value.batch * S::value.height * S::value.width));
  const NormCase<S, T, D> norm;
  const NormResult expected = norm.on_cpu();
  NormResult actual;
  in_any_order([&] {
    actual = norm.on_device(expected.saved);
    return join(join(join(actual.y, actual.running), join(actual.dx, actual.d_weight)),
                join(join(actual.saved, actual.evaluated), actual.d_bias));
  });
  CHECK(difference(actual.y, expected.y) < kValue);
  if (S::value.act == Act::none) CHECK(zeros(actual.y) == zeros(expected.y));  // the masks
  CHECK(difference(actual.saved, expected.saved) < 1e-5);
  CHECK(difference(actual.running, expected.running) < 1e-6);
  CHECK(difference(actual.evaluated, expected.evaluated) < kValue);
  CHECK(same_bits(actual.evaluated_running, expected.evaluated_running));
  CHECK(difference(actual.dx, expected.dx) < kValue);
  CHECK(difference(actual.d_weight, expected.d_weight) < sum_bound);
  CHECK(difference(actual.d_bias, expected.d_bias) < sum_bound);
}

template <NormStatistics Statistics, int Groups, NormAffine Affine, Act A, int Batch = 32,
          int Channels = 6, int Height = 5, int Width = 7>
struct NormOf {
  static constexpr NormShape value{.batch = Batch,
                                   .channels = Channels,
                                   .height = Height,
                                   .width = Width,
                                   .statistics = Statistics,
                                   .groups = Groups,
                                   .affine = Affine,
                                   .epsilon = 1e-3,
                                   .momentum = 0.3,
                                   .act = A,
                                   .slope = 0.2};
};

}  // namespace castnet::test
