#include <algorithm>

#include "targets/cpu/blocks.hpp"

namespace castnet::codegen::cpu {
namespace {

/// Whether a convolution, with nothing fused with it, writes the buffer in forward.
bool convolves(const Plan& plan, const Operation& operation, int buffer) {
  const Node& node = plan.graph.nodes[static_cast<std::size_t>(operation.node)];
  return operation.action == Action::forward && std::holds_alternative<Conv>(node.op) &&
         node.fused.empty() &&
         std::ranges::count(operation.bindings, Binding{Role::y, buffer, true}) > 0;
}

}  // namespace

Plan measure_where_convolved(Plan plan) {
  auto& operations = plan.operations;
  for (auto measure = operations.begin(); measure != operations.end();) {
    const auto found =
        measure->action != action::measure
            ? operations.end()
            : std::find_if(operations.begin(), measure, [&](const Operation& operation) {
                return convolves(plan, operation, measure->bindings.front().buffer);
              });
    if (found == operations.end() || found == measure) {
      ++measure;
      continue;
    }
    found->action = action::forward_measured;
    found->bindings.push_back(measure->bindings.back());
    measure = operations.erase(measure);
    --plan.forward_operations;
  }
  return plan;
}

}  // namespace castnet::codegen::cpu
