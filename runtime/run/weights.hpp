// The trained weights, or their moving averages.
#pragma once

#include <algorithm>
#include <span>

#include "core/program.hpp"

namespace castnet {

/// A program's values, or a second set of them, indexed as in the tensor tables.
struct Weights {
  std::span<Real> parameters;
  std::span<Real> statistics;
};

/// The trained weights.
inline Weights trained_weights(Program& program) {
  return {program.parameters(), program.statistics()};
}

/// The weights that are evaluated, saved as the best and reported: the averages, if there are any.
inline Weights evaluated_weights(Program& program) {
  const std::span<Real> averages = program.averages();
  if (averages.empty()) return trained_weights(program);
  const std::size_t parameters = program.parameters().size();
  return {averages.first(parameters), averages.subspan(parameters)};
}

/// While an object exists, the program runs with its evaluated weights, and the trained ones are
/// stored in their place. Only one may exist at a time.
class EvaluatedWeights {
 public:
  explicit EvaluatedWeights(Program& program) : program_(program) { swap(); }
  ~EvaluatedWeights() { swap(); }
  EvaluatedWeights(const EvaluatedWeights&) = delete;
  EvaluatedWeights& operator=(const EvaluatedWeights&) = delete;

 private:
  void swap() {
    if (program_.averages().empty()) return;
    const Weights trained = trained_weights(program_), averages = evaluated_weights(program_);
    std::ranges::swap_ranges(trained.parameters, averages.parameters);
    std::ranges::swap_ranges(trained.statistics, averages.statistics);
  }

  Program& program_;
};

}  // namespace castnet
