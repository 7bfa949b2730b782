// predictions.csv: the network's prediction for each test image.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castnet::report {

struct Prediction {
  std::size_t index = 0;  ///< of the image in the test set, from 0
  std::string truth;      ///< names of classes
  std::string predicted;
  double probability = 0;  ///< of the predicted class
  double loss = 0;         ///< nats
  /// The probability of every class, in order; empty if unknown.
  std::vector<double> probabilities = {};
  bool wrong() const { return truth != predicted; }
};

/// The file with the columns `index,true,predicted,probability,loss`, and one row per image. If the
/// classes are named, a column of `probabilities` for each class follows.
std::string predictions_csv(std::span<const Prediction> predictions,
                            std::span<const std::string> classes = {});

/// The largest number of images in a file of a whole test set: some 200 times ImageNet's.
inline constexpr std::size_t kMostPredictions = 10'000'000;

/// The inverse; all columns after `loss` are probabilities. Throws std::runtime_error, with the
/// line, on any other text, for more than `most` rows, and for a number that is not finite.
std::vector<Prediction> parse_predictions(std::string_view text,
                                          std::size_t most = kMostPredictions);

/// Sorts by loss, the highest first, and equal losses by index.
void sort_by_loss(std::vector<Prediction>& predictions);

/// The predictions of network `which` for the images that only it misclassifies, highest loss
/// first. `networks` have one row per image, for the same images in order; throws
/// std::runtime_error otherwise.
std::vector<Prediction> wrong_only_in(std::span<const std::vector<Prediction>> networks,
                                      std::size_t which);

}  // namespace castnet::report
