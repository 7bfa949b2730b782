#include "train/evaluate.hpp"

#include <algorithm>

#include "run/weights.hpp"

namespace castnet {

std::int32_t predicted_class(const Program& program, std::size_t slot) {
  const auto classes = static_cast<std::size_t>(program.info().classes);
  const auto row = program.probabilities().subspan(slot * classes, classes);
  return static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

bool evaluate(Program& program, const Augmenter& augmenter, const DataSet& set,
              const StopHook& stop, Evaluation& result) {
  const auto batch = static_cast<std::size_t>(program.info().batch);
  const auto classes = static_cast<std::size_t>(program.info().classes);
  const EvaluatedWeights evaluated(program);
  double sum = 0;
  result.correct = 0;
  for (std::size_t first = 0; first < set.size(); first += batch) {
    if (stop && stop()) return false;
    augmenter.fill_plain(program, set, first);
    program.evaluate();
    for (std::size_t slot = 0; slot < std::min(batch, set.size() - first); ++slot) {
      const std::size_t image = first + slot;
      const std::int32_t best = predicted_class(program, slot);
      const Real loss = program.losses()[slot];
      const auto place = slot * classes + static_cast<std::size_t>(best);
      sum += static_cast<double>(loss);
      result.correct += best == set.labels[image] ? 1 : 0;
      result.predicted[image] = best;
      result.probability[image] = static_cast<float>(program.probabilities()[place]);
      result.losses[image] = static_cast<float>(loss);
    }
  }
  result.loss = sum / static_cast<double>(set.size());
  return true;
}

std::vector<std::vector<double>> class_probabilities(Program& program, const Augmenter& augmenter,
                                                     const DataSet& set,
                                                     std::span<const std::size_t> images) {
  const DataSet chosen = selection(set, images);
  const auto batch = static_cast<std::size_t>(program.info().batch);
  const auto classes = static_cast<std::size_t>(program.info().classes);
  std::vector<std::vector<double>> rows;
  program.fetch();
  {
    const EvaluatedWeights evaluated(program);
    program.store();
    for (std::size_t first = 0; first < chosen.size(); first += batch) {
      augmenter.fill_plain(program, chosen, first);
      program.evaluate();
      for (std::size_t slot = 0; slot < std::min(batch, chosen.size() - first); ++slot) {
        const auto row = program.probabilities().subspan(slot * classes, classes);
        rows.emplace_back(row.begin(), row.end());
      }
    }
  }
  program.store();
  return rows;
}

}  // namespace castnet
