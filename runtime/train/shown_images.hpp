// The images that reports show, and their heat maps.
#pragma once

#include <string>
#include <vector>

#include "core/program.hpp"
#include "data/data_set.hpp"
#include "data/normalisation.hpp"
#include "report/api/castnet_report/predictions.hpp"
#include "report/heat_map.hpp"
#include "train/evaluate.hpp"

namespace castnet {

/// The misclassified images with the highest loss, as many as a picture shows, with the
/// probabilities of all classes.
std::vector<report::Prediction> worst_errors(Program& program, const Split& split,
                                             const Normalisation& normalisation,
                                             const Evaluation& evaluation);

/// Heat maps of where the network looked for the predicted classes in the list. `file` is the
/// list's file. Throws std::runtime_error if the data has no such class.
std::vector<HeatMap> heat_maps(Program& program, const Split& split,
                               const Normalisation& normalisation,
                               const std::vector<report::Prediction>& list,
                               const std::string& file);

}  // namespace castnet
