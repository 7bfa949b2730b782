#include <algorithm>

#include "targets/cpu/blocks.hpp"

namespace castnet::codegen::cpu {

Plan plan_workspace(Plan plan) {
  plan.workspace_elements = 0;
  for (Operation& operation : plan.operations) {
    if (operation.action == Action::accumulate) continue;
    const Node& node = plan.graph.nodes[static_cast<std::size_t>(operation.node)];
    operation.workspace = aligned(workspace(node, operation.action));
    plan.workspace_elements = std::max(plan.workspace_elements, operation.workspace);
  }
  return plan;
}

}  // namespace castnet::codegen::cpu
