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

/// Asked after every step and evaluation batch; true ends the work at once.
using StopHook = std::function<bool()>;

/// The most probable class of one slot after forward, the lowest of equals.
std::int32_t predicted_class(const Program& program, std::size_t slot);

/// Runs the whole set with the evaluated weights (weights.hpp), without augmentation, in order;
/// sums are formed in double in that order. The last batch is padded with the last image and the
/// extra results are ignored. Returns false, with `result` unfinished, if `stop` says so.
/// Afterwards, also after an exception, the program trains on as before. Allocates nothing.
bool evaluate(Program& program, const Augmenter& augmenter, const DataSet& set,
              const StopHook& stop, Evaluation& result);

/// The probabilities of all classes with the evaluated weights, a row each of these images of the
/// set, which are below its size. Wherever the program computes; afterwards it trains on as before.
std::vector<std::vector<double>> class_probabilities(Program& program, const Augmenter& augmenter,
                                                     const DataSet& set,
                                                     std::span<const std::size_t> images);

}  // namespace castnet
