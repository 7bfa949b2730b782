// Grad-CAM: where in an image a network looked for a class (R. Selvaraju et al., "Grad-CAM: visual
// explanations from deep networks via gradient-based localization", ICCV 2017).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/program.hpp"
#include "data/augment.hpp"
#include "data/data_set.hpp"
#include "report/heat_map.hpp"

namespace castnet {

/// The reason why there are no heat maps of this program, and what to do; nothing if there are.
std::optional<std::string> why_no_grad_cam(const ProgramInfo& info);

/// A heat map of the feature map's size for each of these images of the set, which are below its
/// size, and the class of the same place: ReLU(sum over channels k of a_k A_k), divided by its
/// maximum, where A is the program's feature map and a_k the mean over its pixels of the gradient,
/// with respect to A_k, of the class's output before softmax. With the evaluated weights, of the
/// network as evaluated. All 0 where nothing in the image speaks for the class. The program must
/// have no reason against it (above); afterwards it trains on as before, but for its gradients.
std::vector<HeatMap> grad_cam(Program& program, const Augmenter& augmenter, const DataSet& set,
                              std::span<const std::size_t> images,
                              std::span<const std::int32_t> classes);

}  // namespace castnet
