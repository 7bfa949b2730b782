#include "data/normalisation.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>

namespace castnet {
namespace {

/// The number of occurrences of each byte in one channel.
std::array<std::uint64_t, 256> histogram(const DataSet& set, std::size_t channel) {
  std::array<std::uint64_t, 256> counts = {};
  const std::size_t plane = ImageShape{1, set.height, set.width}.elements();
  for (std::size_t image = 0; image < set.size(); ++image) {
    for (const std::uint8_t byte : set.image(image).subspan(channel * plane, plane)) ++counts[byte];
  }
  return counts;
}

Normalisation measure(const DataSet& set) {
  if (set.images.empty()) {
    throw DataError("there are no training images from which to compute the mean and std");
  }
  const auto channels = static_cast<std::size_t>(set.channels);
  const auto pixels = static_cast<double>(set.images.size() / channels);
  Normalisation result{std::vector<double>(channels), std::vector<double>(channels)};
#pragma omp parallel for
  for (std::size_t c = 0; c < channels; ++c) {
    const auto counts = histogram(set, c);
    std::uint64_t sum = 0;
    for (std::size_t byte = 0; byte < 256; ++byte) sum += byte * counts[byte];
    const double mean = static_cast<double>(sum) / pixels;
    double squares = 0;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const double distance = static_cast<double>(byte) - mean;
      squares += static_cast<double>(counts[byte]) * distance * distance;
    }
    result.mean[c] = mean / 255;
    result.std[c] = std::sqrt(squares / pixels) / 255;
  }
  return result;
}

void check(const Normalisation& normalisation, const ProgramInfo& info) {
  const auto channels = static_cast<std::size_t>(info.channels);
  for (const auto& [what, values] :
       {std::pair{"means", &normalisation.mean}, std::pair{"stds", &normalisation.std}}) {
    if (values->size() != channels) {
      throw DataError(fmt::format("{} {} for the {} channels of network '{}'", values->size(), what,
                                  channels, info.name));
    }
  }
  for (std::size_t c = 0; c < channels; ++c) {
    if (normalisation.std[c] > 0) continue;
    throw DataError(
        fmt::format("channel {} has mean {:.6g} and std {:.6g}, which cannot be divided by; "
                    "a std of 0 means that the channel is the same in all training images: "
                    "check the images of data set '{}'",
                    c, normalisation.mean[c], normalisation.std[c], info.data_set));
  }
}

}  // namespace

Normalisation normalisation_of(const ProgramInfo& info, const DataSet& train) {
  Normalisation result;
  if (info.mean.empty() || info.std.empty()) result = measure(train);
  if (!info.mean.empty()) result.mean.assign(info.mean.begin(), info.mean.end());
  if (!info.std.empty()) {
    result.std.assign(info.std.begin(), info.std.end());
  }
  check(result, info);
  return result;
}

}  // namespace castnet
