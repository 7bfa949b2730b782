#include "train/shown_images.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "data/augment.hpp"
#include "report/report.hpp"
#include "train/grad_cam.hpp"

namespace castnet {

std::vector<report::Prediction> worst_errors(Program& program, const Split& split,
                                             const Normalisation& normalisation,
                                             const Evaluation& evaluation) {
  auto worst = worst_misclassified(predictions(split, evaluation), kGridColumns * kGridRows);
  std::vector<std::size_t> images;
  for (const report::Prediction& one : worst) images.push_back(one.index);
  const Augmenter augmenter(program.info(), normalisation);
  auto rows = class_probabilities(program, augmenter, split.test, images);
  for (std::size_t i = 0; i < worst.size(); ++i) worst[i].probabilities = std::move(rows[i]);
  return worst;
}

std::vector<HeatMap> heat_maps(Program& program, const Split& split,
                               const Normalisation& normalisation,
                               const std::vector<report::Prediction>& list,
                               const std::string& file) {
  std::vector<std::size_t> images;
  std::vector<std::int32_t> classes;
  for (const report::Prediction& one : list) {
    const auto found = std::ranges::find(split.classes, one.predicted);
    if (found == split.classes.end()) {
      throw std::runtime_error(fmt::format("{}: {} image {}: there is no class '{}', only {}", file,
                                           evaluated_word(split), one.index, one.predicted,
                                           fmt::join(split.classes, ", ")));
    }
    images.push_back(one.index);
    classes.push_back(static_cast<std::int32_t>(found - split.classes.begin()));
  }
  const Augmenter augmenter(program.info(), normalisation);
  return grad_cam(program, augmenter, split.test, images, classes);
}

}  // namespace castnet
