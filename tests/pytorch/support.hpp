// What the comparisons with PyTorch share: fixtures, the inputs that both sides compute, layouts.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "kernels/cpu/layout.hpp"
#include "run/safetensors.hpp"

namespace castnet::test {

/// oracle/common.py's `pattern`: element i of the numbers in [-1, 1) that belong to `seed`.
inline double pattern_at(std::size_t i, std::uint32_t seed) {
  std::uint32_t h = static_cast<std::uint32_t>(i) * 0x9E3779B9U + seed * 0x85EBCA6BU;
  h ^= h >> 16;
  h *= 0x85EBCA6BU;
  h ^= h >> 13;
  h *= 0xC2B2AE35U;
  h ^= h >> 16;
  return static_cast<double>(h >> 8) * 0x1p-23 - 1;
}

/// The first n numbers of `seed`.
inline std::vector<float> pattern(std::size_t n, std::uint32_t seed) {
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<float>(pattern_at(i, seed));
  return values;
}

/// oracle/common.py's `labels_of`: labels of ten classes.
inline std::vector<std::int32_t> labels_of(std::size_t batch, std::uint32_t seed) {
  std::vector<std::int32_t> labels(batch);
  for (std::size_t i = 0; i < batch; ++i) {
    labels[i] = static_cast<std::int32_t>((pattern_at(i, seed) + 1) * 5);
  }
  return labels;
}

/// From [N, C, H, W] to the kernels' layout, or back.
inline std::vector<float> interleaved(cpu::Extent extent, const std::vector<float>& plain,
                                      bool back = false) {
  std::vector<float> result(plain.size());
  const auto image_size = std::size_t(extent.channels) * std::size_t(extent.pixels());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const int within = int(i % image_size);
    const std::size_t there =
        cpu::element_offset(extent, int(i / image_size), within / extent.pixels(),
                            within % extent.pixels() / extent.width, within % extent.width);
    if (back) {
      result[i] = plain[there];
    } else {
      result[there] = plain[i];
    }
  }
  return result;
}

/// `batch` images of `seed`'s numbers in the kernels' layout.
inline std::vector<float> pattern_images(int batch, cpu::Extent extent, std::uint32_t seed) {
  return interleaved(extent, pattern(std::size_t(batch * extent.channels * extent.pixels()), seed));
}

/// One file of fixtures/.
class Fixtures {
 public:
  explicit Fixtures(const std::string& name) {
    const std::string path = std::string(CASTNET_SOURCE_DIR) + "/tests/pytorch/fixtures/" + name;
    file_ = parse_safetensors(read_file(path), path);
  }

  /// A tensor's elements in row-major order.
  std::vector<float> operator[](const std::string& name) const {
    const StoredTensor* tensor = file_.find(name);
    INFO("fixture " << name);
    REQUIRE(tensor != nullptr);
    REQUIRE(tensor->type == "F32");
    std::vector<float> values(tensor->data.size() / sizeof(float));
    std::memcpy(values.data(), tensor->data.data(), tensor->data.size());
    return values;
  }

 private:
  SafeTensors file_;
};

/// The operators' results.
inline const Fixtures& operators() {
  static const Fixtures fixtures("operators.safetensors");
  return fixtures;
}

/// Checks that the largest difference is at most `tolerance` times the largest expected magnitude.
inline void check_close(const std::string& name, const std::vector<float>& ours,
                        const std::vector<float>& expected, double tolerance) {
  INFO(name);
  REQUIRE(ours.size() == expected.size());
  double worst = 0, scale = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double gap = std::abs(double(ours[i]) - double(expected[i]));
    worst = std::isnan(gap) ? INFINITY : std::max(worst, gap);
    scale = std::max(scale, std::abs(double(expected[i])));
  }
  INFO("largest difference " << worst << ", largest value " << scale);
  CHECK(worst <= tolerance * scale);
}

/// Of float32 sums with at most a few hundred terms: some 2^-24 times the square root of their
/// number, with room for cancellation.
inline constexpr double kOperatorTolerance = 2e-6;

/// Every `step`-th row of `width` elements.
inline std::vector<float> every(std::size_t step, std::size_t width,
                                const std::vector<float>& values) {
  std::vector<float> kept;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i / width % step == 0) kept.push_back(values[i]);
  }
  return kept;
}

/// Compares a result in the kernels' layout with the fixture `name` ([N, C, H, W]), which has every
/// fifth image.
inline void check_images(const std::string& name, cpu::Extent extent,
                         const std::vector<float>& ours) {
  const auto image_size = std::size_t(extent.channels) * std::size_t(extent.pixels());
  check_close(name, every(5, image_size, interleaved(extent, ours, true)), operators()[name],
              kOperatorTolerance);
}

/// Compares weights or other flat results with the fixture `name`.
inline void check_flat(const std::string& name, const std::vector<float>& ours) {
  check_close(name, ours, operators()[name], kOperatorTolerance);
}

}  // namespace castnet::test
