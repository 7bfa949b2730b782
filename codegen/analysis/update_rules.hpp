// How the optimizer treats each parameter.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "ir/spec.hpp"

namespace castnet::codegen {

/// What some parameters have in common, and what those are called together, e.g. norms_and_biases.
struct UpdateRule {
  std::string name;
  double weight_decay = 0;
  double l1 = 0;
  double rate = 1;      ///< times the schedule's
  bool matrix = false;  ///< Muon makes the tensor's update orthogonal
};

struct UpdateRules {
  std::vector<UpdateRule> rules;     ///< each other than the rest, in the order of their first uses
  std::vector<std::size_t> of = {};  ///< which one each parameter has, in the arena's order
};

/// Muon takes each tensor that is a matrix but for the classifier's (the last layer with weights),
/// as K. Jordan et al. recommend (https://kellerjordan.github.io/posts/muon/).
UpdateRules update_rules(const OptimizerSpec& optimizer, const Graph& graph);

}  // namespace castnet::codegen
