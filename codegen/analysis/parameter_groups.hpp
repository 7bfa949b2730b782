// How the optimiser treats each part of the parameter arena.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "ir/spec.hpp"

namespace castnet::codegen {

/// Neighbours in the parameter arena that are updated alike.
struct ParameterGroup {
  std::int64_t offset, elements;
  double weight_decay, l1;
  double rate;              ///< times the schedule's
  int matrix_rows;          ///< of a matrix that Muon makes orthogonal, alone in its group; 0: none
  std::string first, last;  ///< names of its tensors
};

/// Covers the arena in its order. Muon takes each tensor that is a matrix but for the classifier's
/// (the last layer with weights), as K. Jordan et al. recommend
/// (https://kellerjordan.github.io/posts/muon/).
std::vector<ParameterGroup> parameter_groups(const OptimizerSpec& optimizer, const Graph& graph);

}  // namespace castnet::codegen
