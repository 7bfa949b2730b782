// What a network makes of images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace castnet {

/// What a program says of each image. All vectors have one element an image.
struct Evaluation {
  double loss = 0;                      ///< mean, without label smoothing
  std::uint64_t correct = 0;            ///< images whose most probable class is the label
  std::vector<std::int32_t> predicted;  ///< the most probable class, the lowest of equals
  std::vector<float> probability;       ///< of the predicted class
  std::vector<float> losses;

  explicit Evaluation(std::size_t images)
      : predicted(images), probability(images), losses(images) {}
  double accuracy() const {  ///< percent
    return 100 * static_cast<double>(correct) / static_cast<double>(predicted.size());
  }
};

}  // namespace castnet
