// A program's results over a whole data set.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/evaluation.hpp"
#include "core/program.hpp"
#include "data/augment.hpp"
#include "data/data_set.hpp"

namespace castnet {

/// A function that is called after every step and evaluation batch; true ends the work at once.
using StopHook = std::function<bool()>;

/// The most probable class of one slot after forward, the lowest of equals.
std::int32_t predicted_class(const Program& program, std::size_t slot);

/// Runs the whole set with the evaluated weights (weights.hpp), without augmentation, in order;
/// sums are formed in double in that order. The last batch is padded with the last image, and the
/// extra results are ignored. Returns false, with an incomplete `result`, if `stop` returns true.
/// Afterwards, also after an exception, the program continues to train as before. Allocates
/// nothing.
bool evaluate(Program& program, const Augmenter& augmenter, const DataSet& set,
              const StopHook& stop, Evaluation& result);

/// The probabilities of all classes with the evaluated weights, one row for each of these images of
/// the set. Works for every target. Afterwards the program continues to train as before.
std::vector<std::vector<double>> class_probabilities(Program& program, const Augmenter& augmenter,
                                                     const DataSet& set,
                                                     std::span<const std::size_t> images);

}  // namespace castnet
