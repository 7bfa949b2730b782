// predictions.csv: what a network says of each test image.
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
  /// Of every class, in order; empty where that is not known.
  std::vector<double> probabilities = {};
  bool wrong() const { return truth != predicted; }
};

/// `index,true,predicted,probability,loss`, a row an image; then, if the classes are named, a
/// column each of `probabilities`.
std::string predictions_csv(std::span<const Prediction> predictions,
                            std::span<const std::string> classes = {});

/// Of which files the images are all of a test set: some 200 times ImageNet's.
inline constexpr std::size_t kMostPredictions = 10'000'000;

/// The inverse; all columns after `loss` are probabilities. Throws std::runtime_error, with the
/// line, on anything else: more than `most` rows, too, or a number that is not finite.
std::vector<Prediction> parse_predictions(std::string_view text,
                                          std::size_t most = kMostPredictions);

/// Highest loss first, equals by index.
void sort_by_loss(std::vector<Prediction>& predictions);

/// What network `which` says of the images that it alone gets wrong, highest loss first. `networks`
/// have a row an image each, of the same images in order; throws std::runtime_error if not.
std::vector<Prediction> wrong_only_in(std::span<const std::vector<Prediction>> networks,
                                      std::size_t which);

}  // namespace castnet::report
